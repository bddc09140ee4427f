package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class OperatorConfigTest {
  @Test
  void emptyEnvironmentIsEnough() {
    var config = OperatorConfig.from(Map.of());

    assertThat(config.namespace()).isEqualTo("wiremesh-system");
    assertThat(config.httpListen().getPort()).isEqualTo(8080);
    assertThat(config.leaderElection()).isTrue();
    assertThat(config.agentSilentAfter()).hasSeconds(45);
  }

  @Test
  void allProblemsAreToldAtOnce() {
    assertThatThrownBy(() ->
            OperatorConfig.from(
                Map.of(
                    "WIREMESH_NAMESPACE", "No Such",
                    "WIREMESH_HTTP_LISTEN", "8080",
                    "WIREMESH_LEADER_ELECTION", "perhaps",
                    "WIREMESH_AGENT_SILENT_AFTER", "5")))
        .hasMessageContaining("write the name of a namespace")
        .hasMessageContaining("write an address and a port")
        .hasMessageContaining("write true or false")
        .hasMessageContaining("write a number of seconds from 30 to 9999");
  }
}
