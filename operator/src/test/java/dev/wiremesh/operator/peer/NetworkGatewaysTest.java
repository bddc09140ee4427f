package dev.wiremesh.operator.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConditionBuilder;
import org.junit.jupiter.api.Test;

final class NetworkGatewaysTest {
  /** One Peer's route that a node withdraws takes the gateway from no other Peer. */
  @Test
  void gatewayWithAWithdrawnRouteServes() {
    assertThat(serves("True", "Ready")).isTrue();
    assertThat(serves("False", "RouteWithdrawn")).isTrue();
    assertThat(serves("False", "PoolOverlap")).isFalse();
    assertThat(serves("False", "HostFailed")).isFalse();
    assertThat(serves("Unknown", "AgentSilent")).isFalse();
  }

  private static boolean serves(String status, String reason) {
    return NetworkGateways.serves(
        new ConditionBuilder().withType("Ready").withStatus(status).withReason(reason).build());
  }
}
