package dev.wiremesh.operator.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Reason;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkGatewaysTest {
  @ParameterizedTest
  @CsvSource({
    "NODE_READY, true",
    "NODE_ROUTE_WITHDRAWN, true",
    "NODE_ADDRESS_IN_USE, true",
    "NODE_ADDRESS_OUT_OF_RANGE, true",
    "NODE_POOL_EXHAUSTED, false",
    "NODE_DEVICE_FAILED, false",
    "NODE_AGENT_SILENT, false"
  })
  void gatewayServesUnlessItsDeviceIsInTrouble(Reason reason, boolean serves) {
    var ready =
        ConditionDraft.of(reason, "A sentence.")
            .as(ConditionType.READY)
            .since(Instant.parse("2026-03-01T12:00:00Z"), 1L);
    assertThat(NetworkGateways.serves(ready)).isEqualTo(serves);
  }
}
