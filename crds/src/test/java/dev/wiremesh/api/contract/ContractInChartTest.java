package dev.wiremesh.api.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.api.UninstallRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The names that the chart's rights and policies pin are those of the contract. */
final class ContractInChartTest {
  private static final Path FILES = Path.of("../helm/wiremesh/files");

  @Test
  void admissionPolicyPinsTheGatewaysLease() throws IOException {
    assertThat(admission())
        .contains("expression: '\"" + LeaseNames.agent("") + "\" + variables.node'")
        .contains("\"" + Labels.GATEWAY + "\" in object.metadata.labels");
  }

  @Test
  void admissionPolicyLetsAgentsWriteConnectedOnly() throws IOException {
    assertThat(admission()).contains("\"" + ConditionType.CONNECTED.text() + "\"");
  }

  @Test
  void agentsMayWriteTheUninstallRequest() throws IOException {
    assertThat(Files.readString(FILES.resolve("rbac/agent.yaml")))
        .contains("resourceNames: [" + UninstallRequest.NAME + "]");
  }

  /** A gateway Secret belongs to a network, a gateway Lease to a node: two kinds, one prefix. */
  @Test
  void secretsAndLeasesOfGatewaysAreNamedByNetworkAndByNode() {
    assertThat(SecretNames.gateway("home")).isEqualTo("wiremesh-gateway-home");
    assertThat(LeaseNames.agent("node-a")).isEqualTo("wiremesh-gateway-node-a");
    assertThat(LeaseNames.agent("n".repeat(253))).hasSize(253);
  }

  private static String admission() throws IOException {
    return Files.readString(FILES.resolve("admission/agent.yaml"));
  }
}
