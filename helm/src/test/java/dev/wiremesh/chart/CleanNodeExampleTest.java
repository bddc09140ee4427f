package dev.wiremesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The example pod that cleans a node by hand has no more rights than an agent's pod. */
class CleanNodeExampleTest {
  private static final JsonNode AGENT =
      Chart.render("{agent: {ipv6Forwarding: {enabled: true}}}")
          .object("DaemonSet", "wiremesh-agent")
          .at("/spec/template/spec");

  private final JsonNode pod;

  CleanNodeExampleTest() throws IOException {
    var text = Repository.read(Repository.ROOT.resolve("examples/clean-node.yaml"));
    // With the lines that are comments, for agents that may turn on IPv6 forwarding.
    pod = Chart.YAML.readTree(text.replaceAll("(?m)^( +)# (- |  )", "$1$2")).path("spec");
  }

  @Test
  void runsTheChartsImageWithAnAgentsRightsOrLess() {
    var container = pod.at("/containers/0");
    var agent = AGENT.at("/containers/0");
    assertThat(container.path("image")).isEqualTo(agent.path("image"));
    assertThat(container.path("securityContext")).isEqualTo(agent.path("securityContext"));
    assertThat(container.path("args")).hasToString("[\"--uninstall\"]");
    assertThat(agent.has("command")).as("arguments follow the image's own command").isFalse();
    assertThat(pod.path("hostNetwork").asBoolean()).isTrue();
    assertThat(pod.path("securityContext")).isEqualTo(AGENT.path("securityContext"));
    assertThat(pod.path("automountServiceAccountToken").asBoolean(true)).isFalse();
    assertThat(pod.path("tolerations")).hasToString("[{\"operator\":\"Exists\"}]");
  }

  @Test
  void seesWhatAnAgentSeesButForTheDevice() {
    assertThat(paths(pod))
        .containsExactlyInAnyOrderElementsOf(
            paths(AGENT).filter(path -> !path.contains("/dev/net/tun")).toList());
  }

  /** The node's path and the container's, of each volume. */
  private static Stream<String> paths(JsonNode spec) {
    return Chart.elements(spec.path("volumes"))
        .map(volume ->
            volume.at("/hostPath/path").asText()
                + " at "
                + Chart.elements(spec.at("/containers/0/volumeMounts"))
                    .filter(mount -> mount.path("name").equals(volume.path("name")))
                    .map(mount -> mount.path("mountPath").asText())
                    .findFirst()
                    .orElse("nowhere"));
  }
}
