package dev.wiremesh.chart;

import static dev.wiremesh.chart.ChartUsers.API;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The requests that the chart's admission policies allow to agents, for a chart that is installed.
 */
interface AgentPolicyTests {
  /** Agents here have the rights of an administrator: the policies alone refuse. */
  ChartUsers users();

  @Test
  default void agentWritesTheStatusOfItsOwnMeshNodeOnly() {
    try (var agent = users().agentOf("n1")) {
      assertThatCode(() -> users().status(agent, "MeshNode", "home.n1", Map.of("mtu", 1420)))
          .doesNotThrowAnyException();
      assertThatThrownBy(() -> users().status(agent, "MeshNode", "home.n2", Map.of("mtu", 1420)))
          .hasMessageContaining("the agent of node n1 may not write MeshNode home.n2");
    }
  }

  @Test
  default void agentWithoutANodeInItsTokenWritesNothing() {
    try (var agent = users().agentWithoutNode()) {
      assertThatThrownBy(() -> users().status(agent, "MeshNode", "home.n1", Map.of("mtu", 1420)))
          .hasMessageContaining("this token is not bound to a node");
    }
  }

  @Test
  default void homeGatewayWritesConnectivityAndConnectedOfAPeer() {
    users().peer("laptop", "n1");
    try (var gateway = users().agentOf("n1")) {
      assertThatCode(() -> users().connected(gateway, "laptop")).doesNotThrowAnyException();
    }
    assertThat(
            users()
                .admin()
                .genericKubernetesResources(API, "Peer")
                .inNamespace("default")
                .withName("laptop")
                .get()
                .<Object>get("status", "homeGateway"))
        .isEqualTo("n1");
  }

  @Test
  default void otherNodesWriteNothingOfAPeer() {
    users().peer("phone", "n1");
    try (var other = users().agentOf("n2")) {
      assertThatThrownBy(() -> users().connected(other, "phone"))
          .hasMessageContaining(
              "the agent of node n2 may not write this Peer: its home gateway is n1");
    }
  }

  @Test
  default void homeGatewayCannotMakeItselfMoreThanThat() {
    users().peer("tablet", "n1");
    try (var gateway = users().agentOf("n1")) {
      assertThatThrownBy(() ->
              users().status(gateway, "Peer", "tablet", Map.of("addresses", List.of("10.70.0.99"))))
          .hasMessageContaining("connectivity and the condition Connected only");
      assertThatThrownBy(() ->
              users()
                  .status(
                      gateway,
                      "Peer",
                      "tablet",
                      Map.of("conditions", List.of(ChartUsers.condition("Ready", "True")))))
          .hasMessageContaining("an agent writes Connected only");
    }
  }

  @Test
  default void gatewayRenewsItsOwnLeaseOnly() {
    try (var agent = users().agentOf("n1")) {
      assertThatCode(() -> ChartUsers.lease(agent, "wiremesh-gateway-n1", "n1"))
          .doesNotThrowAnyException();
      for (var name : List.of("wiremesh-gateway-n2", "wiremesh-operator")) {
        assertThatThrownBy(() -> ChartUsers.lease(agent, name, "n2"))
            .hasMessageContaining(
                "the agent of node n1 may renew the Lease wiremesh-gateway-n1 only");
      }
      assertThatThrownBy(() -> ChartUsers.lease(agent, "wiremesh-gateway-n1", "n2"))
          .hasMessageContaining("only");
    }
  }
}
