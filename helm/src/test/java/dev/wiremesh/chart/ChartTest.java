package dev.wiremesh.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Base64;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The chart as a whole. */
class ChartTest {
  @Test
  void lintFindsNothing() {
    var result = Chart.HELM.lint().strict().call();
    assertThat(result.isFailed()).as("%s", result.getMessages()).isFalse();
    assertThat(result.getMessages()).isEmpty();
  }

  @Test
  void iconIsTheFileBesideTheChart() throws IOException {
    var chart = Chart.YAML.readTree(Repository.CHART.resolve("Chart.yaml").toFile());
    var icon = Files.readAllBytes(Repository.CHART.resolve("icon.svg"));
    assertThat(chart.path("icon").asText())
        .isEqualTo("data:image/svg+xml;base64," + Base64.getEncoder().encodeToString(icon));
  }

  @Test
  void imagesAreOfTheVersionThatIsBuilt() throws IOException {
    var chart = Chart.YAML.readTree(Repository.CHART.resolve("Chart.yaml").toFile());
    var version = System.getProperty("project.version");
    assertThat(chart.path("appVersion").asText()).isEqualTo(version);
    assertThat(chart.at("/annotations/artifacthub.io~1images").asText())
        .contains("wiremesh.dev/operator:" + version, "wiremesh.dev/agent:" + version);
  }

  /** Artifact Hub's annotations are YAML in a string, which nothing else parses. */
  @Test
  void listingNamesTheInstalledKinds() throws IOException {
    var annotations =
        Chart.YAML.readTree(Repository.CHART.resolve("Chart.yaml").toFile()).path("annotations");
    for (var list : List.of("crds", "crdsExamples", "images", "links", "changes")) {
      var parsed = Chart.YAML.readTree(annotations.path("artifacthub.io/" + list).asText());
      assertThat(parsed.isArray()).as(list).isTrue();
      assertThat(parsed).as(list).isNotEmpty();
    }
    assertThat(annotations.path("artifacthub.io/operatorCapabilities").asText())
        .isIn(
            "Basic Install", "Seamless Upgrades", "Full Lifecycle", "Deep Insights", "Auto Pilot");
    var listed = Chart.YAML.readTree(annotations.path("artifacthub.io/crds").asText());
    var installed = new TreeSet<String>();
    try (var files = Files.list(Repository.CHART.resolve("crds"))) {
      for (var file : files.toList()) {
        var kind = Chart.YAML.readTree(file.toFile());
        for (var version : kind.at("/spec/versions")) {
          installed.add(
              "%s %s %s"
                  .formatted(
                      kind.at("/metadata/name").asText(),
                      kind.at("/spec/names/kind").asText(),
                      version.path("name").asText()));
        }
      }
    }
    assertThat(
            Chart.elements(listed)
                .map(crd ->
                    "%s %s %s"
                        .formatted(
                            crd.path("name").asText(),
                            crd.path("kind").asText(),
                            crd.path("version").asText())))
        .containsExactlyInAnyOrderElementsOf(installed);
    for (var crd : listed) {
      assertThat(crd.path("displayName").asText()).isNotBlank();
      assertThat(crd.path("description").asText()).endsWith(".");
    }
  }

  /** Also for those who install the kinds as ordinary objects of a release of their own. */
  @Test
  void kindsOutliveTheRelease() throws IOException {
    try (var files = Files.list(Repository.CHART.resolve("crds"))) {
      assertThat(files)
          .hasSize(4)
          .allSatisfy(file ->
              assertThat(
                      Chart.YAML
                          .readTree(file.toFile())
                          .at("/metadata/annotations/helm.sh~1resource-policy")
                          .asText())
                  .isEqualTo("keep"));
    }
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
  void chosenLabelsAddAndReplaceButNotWhatSelectorsGoBy() {
    var rendered =
        Chart.render(
            """
            commonLabels: {app.kubernetes.io/part-of: platform, app.kubernetes.io/name: other}
            agent:
              podLabels: {app.kubernetes.io/component: net, team: network}
              podAnnotations: {kubectl.kubernetes.io/default-container: mine, note: "1"}
              resources: null
            operator: {resources: null}
            """);
    var agent = rendered.object("DaemonSet", "wiremesh-agent");
    assertThat(agent.at("/metadata/labels/app.kubernetes.io~1part-of").asText())
        .isEqualTo("platform");
    var pod = agent.at("/spec/template/metadata");
    assertThat(pod.at("/labels/team").asText()).isEqualTo("network");
    assertThat(pod.at("/annotations/note").asText()).isEqualTo("1");
    agent
        .at("/spec/selector/matchLabels")
        .properties()
        .forEach(label ->
            assertThat(pod.path("labels").path(label.getKey())).isEqualTo(label.getValue()));
  }

  /** A name of digits is a name to Kubernetes and a number to YAML. */
  @Test
  void namesOfDigitsStayText() {
    var rendered =
        Chart.render("{network: {create: true, name: '123'}, imagePullSecrets: ['45']}", "678");
    assertThat(rendered.object("WireGuardNetwork", "123").at("/metadata/name").isTextual())
        .isTrue();
    var agent = rendered.object("DaemonSet", "wiremesh-agent");
    assertThat(agent.at("/metadata/namespace").isTextual()).isTrue();
    assertThat(agent.at("/spec/template/spec/imagePullSecrets/0/name").isTextual()).isTrue();
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
        .contains("kubectl get wgn corp", "networkRef: {name: corp}")
        .doesNotContain("home");
  }

  @Test
  void notesTellWhatIpv6Needs() {
    var network =
        "network: {create: true, spec: {addressPools: [{name: v4, cidr: 10.70.0.0/16}, {name: v6, cidr: 'fd00:70::/64'}], gateways: {selector: {}}}}";
    assertThat(Chart.notes("{" + network + "}", "wiremesh-system"))
        .containsOnlyOnce("agent.ipv6Forwarding.enabled=true");
    assertThat(
            Chart.notes(
                "{agent: {ipv6Forwarding: {enabled: true}}, " + network + "}", "wiremesh-system"))
        .doesNotContain("ipv6");
    assertThat(Chart.notes("{network: {create: true}}", "wiremesh-system")).doesNotContain("ipv6");
  }

  @Test
  void namespaceThatRefusesAgentsFailsTheInstallationFirst() {
    Chart.CLUSTER.namespace("strict", "{\"pod-security.kubernetes.io/enforce\": \"baseline\"}");
    assertThatThrownBy(() -> Chart.render("{}", "strict"))
        .hasMessageContaining(
            "kubectl label namespace strict pod-security.kubernetes.io/enforce=privileged");
    Chart.CLUSTER.namespace("open", "{\"pod-security.kubernetes.io/enforce\": \"privileged\"}");
    assertThat(Chart.render("{}", "open").has("DaemonSet", "wiremesh-agent")).isTrue();
  }
}
