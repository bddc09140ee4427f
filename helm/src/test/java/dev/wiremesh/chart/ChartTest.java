package dev.wiremesh.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The chart as a whole. */
class ChartTest {
  @Test
  void lintFindsNothing() {
    var result = Chart.HELM.lint().strict().call();
    assertThat(result.isFailed()).as("%s", result.getMessages()).isFalse();
  }

  @Test
  void imagesAreOfTheVersionThatIsBuilt() throws IOException {
    var chart = Chart.YAML.readTree(Repository.CHART.resolve("Chart.yaml").toFile());
    var version = System.getProperty("project.version");
    assertThat(chart.path("appVersion").asText()).isEqualTo(version);
    assertThat(chart.at("/annotations/artifacthub.io~1images").asText())
        .contains("wiremesh.dev/operator:" + version, "wiremesh.dev/agent:" + version);
  }

  @Test
  void everyObjectIsLabelledAndInTheReleasesNamespace() {
    for (var object : Chart.render("{commonLabels: {team: network}}").objects()) {
      var labels = object.at("/metadata/labels");
      var name = object.path("kind").asText() + "/" + object.at("/metadata/name").asText();
      assertThat(labels.path("app.kubernetes.io/part-of").asText()).as(name).isEqualTo("wiremesh");
      assertThat(labels.path("team").asText()).as(name).isEqualTo("network");
      assertThat(object.at("/metadata/namespace").asText("wiremesh-system"))
          .as(name)
          .isIn("wiremesh-system", "default", "");
    }
  }

  @Test
  void anotherNamespaceIsNamedEverywhere() {
    var rendered = Chart.render("{}", "elsewhere");
    assertThat(rendered.text())
        .contains("system:serviceaccount:elsewhere:wiremesh-agent")
        .doesNotContain("wiremesh-system");
    assertThat(Chart.notes("{}", "elsewhere"))
        .contains("elsewhere")
        .doesNotContain("wiremesh-system");
  }

  @Test
  void notesNameTheNetworkThatIsThere() {
    assertThat(Chart.notes("{network: {create: true, name: corp}}", "wiremesh-system"))
        .contains("kubectl get wireguardnetwork corp", "networkRef: {name: corp}")
        .doesNotContain("home");
  }

  @Test
  void namespaceThatRefusesAgentsIsToldBeforeAnythingIsInstalled() {
    Chart.CLUSTER.namespace("strict", "{\"pod-security.kubernetes.io/enforce\": \"baseline\"}");
    assertThatThrownBy(() -> Chart.render("{}", "strict"))
        .hasMessageContaining(
            "kubectl label namespace strict pod-security.kubernetes.io/enforce=privileged");
    Chart.CLUSTER.namespace("open", "{\"pod-security.kubernetes.io/enforce\": \"privileged\"}");
    assertThat(Chart.render("{}", "open").has("DaemonSet", "wiremesh-agent")).isTrue();
  }
}
