package dev.wiremesh.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.agent.AgentConfig.InvalidAgentConfigException;
import dev.wiremesh.agent.metrics.Compatibility;
import dev.wiremesh.wireguard.offload.Offloads;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class AgentConfigTest {
  @Test
  void everythingButTheNodeNameHasADefault() {
    assertThat(AgentConfig.parse(Map.of("WIREMESH_NODE_NAME", "node-a")))
        .isEqualTo(
            new AgentConfig(
                "node-a",
                "wiremesh-system",
                new InetSocketAddress("127.0.0.1", 9586),
                Path.of("/var/lib/wiremesh"),
                Offloads.ALL,
                Compatibility.NONE));
  }

  @Test
  void everythingCanBeSaid() {
    assertThat(
            AgentConfig.parse(
                Map.of(
                    "WIREMESH_NODE_NAME", "node-a",
                    "WIREMESH_NAMESPACE", "mesh",
                    "WIREMESH_HTTP_LISTEN", "[::1]:0",
                    "WIREMESH_STATE_DIRECTORY", "/srv/mesh",
                    "WIREMESH_OFFLOADS", "none",
                    "WIREMESH_METRICS_COMPATIBILITY", "wireguard-exporter")))
        .isEqualTo(
            new AgentConfig(
                "node-a",
                "mesh",
                new InetSocketAddress("::1", 0),
                Path.of("/srv/mesh"),
                Offloads.NONE,
                Compatibility.WIREGUARD_EXPORTER));
  }

  @Test
  void allErrorsAreReportedTogether() {
    assertThatThrownBy(() ->
            AgentConfig.parse(
                Map.of(
                    "WIREMESH_HTTP_LISTEN", "9586",
                    "WIREMESH_STATE_DIRECTORY", "var/lib",
                    "WIREMESH_OFFLOADS", "gro",
                    "WIREMESH_METRICS_COMPATIBILITY", "node-exporter")))
        .isInstanceOf(InvalidAgentConfigException.class)
        .hasMessage(
            """
            WIREMESH_NODE_NAME is missing: set it to the name of the node, spec.nodeName.
            WIREMESH_HTTP_LISTEN must be address:port, such as 127.0.0.1:9586, not '9586'.
            WIREMESH_STATE_DIRECTORY must be an absolute path, not 'var/lib'.
            WIREMESH_OFFLOADS=gro: write all, none, or some of tun-read, tun-write, tun-queues, udp-send, udp-receive with commas between.
            WIREMESH_METRICS_COMPATIBILITY=node-exporter: write none or wireguard-exporter.\
            """);
  }
}
