package dev.wiremesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

/**
 * The rights of the pods. A changed line here changes the rights that a cluster's administrator
 * grants.
 */
class SecurityTest {
  private static final Chart.Rendered DEFAULT = Chart.render("{}");
  private static final JsonNode OPERATOR =
      DEFAULT.object("Deployment", "wiremesh-operator").at("/spec/template/spec");
  private static final JsonNode AGENT =
      DEFAULT.object("DaemonSet", "wiremesh-agent").at("/spec/template/spec");

  @Test
  void operatorIsRestricted() {
    assertThat(OPERATOR.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
    assertThat(OPERATOR.at("/securityContext/seccompProfile/type").asText())
        .isEqualTo("RuntimeDefault");
    var container = OPERATOR.at("/containers/0/securityContext");
    assertThat(container.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
    assertThat(container.path("readOnlyRootFilesystem").asBoolean()).isTrue();
    assertThat(container.at("/capabilities/drop")).hasToString("[\"ALL\"]");
    assertThat(container.at("/capabilities/add").isMissingNode()).isTrue();
    assertThat(OPERATOR.path("hostNetwork").asBoolean()).isFalse();
    assertThat(OPERATOR.findValues("hostPath")).isEmpty();
  }

  /** The jobs before an upgrade and before an uninstallation are no exception. */
  @Test
  void jobsOfHooksAreRestricted() {
    var jobs = Chart.hooks("{}").objects().stream().filter(SecurityTest::isJob).toList();
    assertThat(jobs).hasSize(2);
    for (var job : jobs) {
      var pod = job.at("/spec/template/spec");
      assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
      assertThat(pod.at("/securityContext/seccompProfile/type").asText())
          .isEqualTo("RuntimeDefault");
      for (var container : pod.path("containers")) {
        var security = container.path("securityContext");
        assertThat(security.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
        assertThat(security.path("readOnlyRootFilesystem").asBoolean()).isTrue();
        assertThat(security.at("/capabilities/drop")).hasToString("[\"ALL\"]");
        assertThat(security.at("/capabilities/add").isMissingNode()).isTrue();
      }
      assertThat(pod.path("hostNetwork").asBoolean()).isFalse();
      assertThat(pod.findValues("hostPath")).isEmpty();
      assertThat(job.at("/spec/activeDeadlineSeconds").asInt()).isPositive();
    }
  }

  /** Rights over a Secret, or over everything, would be more than these jobs are for. */
  @Test
  void rolesOfHooksNameWhatTheyAreFor() {
    var rules =
        Chart.hooks("{}").objects().stream()
            .filter(it -> it.path("kind").asText().endsWith("Role"))
            .flatMap(it -> Chart.elements(it.path("rules")))
            .map(JsonNode::toString)
            .toList();
    assertThat(rules).isNotEmpty();
    assertThat(rules).noneMatch(rule -> rule.contains("secrets") || rule.contains("*"));
  }

  /** In a namespace that denies by default, an upgrade would wait for ever otherwise. */
  @Test
  void networkPolicyLetsTheJobsOfHooksAskTheApiServer() {
    var values = "{networkPolicy: {enabled: true, apiServerPorts: [8443]}}";
    var policies =
        Chart.render(values).objects().stream()
            .filter(it -> it.path("kind").asText().equals("NetworkPolicy"))
            .toList();
    for (var job : Chart.hooks(values).objects().stream().filter(SecurityTest::isJob).toList()) {
      var labels = job.at("/spec/template/metadata/labels");
      var its = policies.stream().filter(policy -> selects(policy, labels)).toList();
      assertThat(its).as("policies for the pod of %s", job.at("/metadata/name")).hasSize(1);
      assertThat(its.getFirst().at("/spec/egress/0/ports").findValuesAsText("port"))
          .containsExactly("53", "53", "8443");
      assertThat(its.getFirst().at("/spec/ingress").isMissingNode()).isTrue();
    }
  }

  private static boolean selects(JsonNode policy, JsonNode labels) {
    var selector = policy.at("/spec/podSelector");
    return selector.path("matchLabels").properties().stream()
            .allMatch(label -> label.getValue().equals(labels.path(label.getKey())))
        && Chart.elements(selector.path("matchExpressions"))
            .allMatch(it ->
                Chart.elements(it.path("values"))
                    .anyMatch(labels.path(it.path("key").asText())::equals));
  }

  private static boolean isJob(JsonNode object) {
    return object.path("kind").asText().equals("Job");
  }

  @Test
  void agentHasOneCapabilityAndIsNotPrivileged() {
    var container = AGENT.at("/containers/0/securityContext");
    assertThat(container.path("privileged").asBoolean(true)).isFalse();
    assertThat(container.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
    assertThat(container.path("readOnlyRootFilesystem").asBoolean()).isTrue();
    assertThat(container.at("/capabilities/drop")).hasToString("[\"ALL\"]");
    assertThat(container.at("/capabilities/add")).hasToString("[\"NET_ADMIN\"]");
    assertThat(AGENT.path("hostPID").asBoolean()).isFalse();
    assertThat(AGENT.path("hostIPC").asBoolean()).isFalse();
  }

  @Test
  void agentSeesThreePathsOfTheNode() {
    assertThat(
            Chart.elements(AGENT.path("volumes"))
                .filter(v -> v.has("hostPath"))
                .map(v -> v.at("/hostPath/path").asText() + " " + v.at("/hostPath/type").asText()))
        .containsExactlyInAnyOrder(
            "/dev/net/tun CharDevice",
            "/var/lib/wiremesh DirectoryOrCreate",
            "/var/run/wireguard DirectoryOrCreate");
  }

  @Test
  void agentDeclaresNoPortAndIsProbedOnLoopbackByNumber() {
    var container = AGENT.at("/containers/0");
    assertThat(container.has("ports")).isFalse();
    var get = container.at("/readinessProbe/httpGet");
    assertThat(get.path("host").asText()).isEqualTo("127.0.0.1");
    assertThat(get.path("port").isInt()).isTrue();
  }

  /** Another program may hold the port; packets must not end for that. */
  @Test
  void unansweredProbeEndsNoAgent() {
    var container = AGENT.at("/containers/0");
    assertThat(container.has("livenessProbe")).isFalse();
    assertThat(container.has("startupProbe")).isFalse();
  }

  @Test
  void exposedMetricsMoveTheProbesWithThem() {
    var container =
        Chart.render("{agent: {http: {exposed: true, port: 9999}}}")
            .object("DaemonSet", "wiremesh-agent")
            .at("/spec/template/spec/containers/0");
    assertThat(environment(container, "WIREMESH_HTTP_LISTEN")).isEqualTo("$(NODE_ADDRESS):9999");
    assertThat(container.at("/readinessProbe/httpGet").has("host")).isFalse();
    assertThat(container.at("/readinessProbe/httpGet/port").asInt()).isEqualTo(9999);
    assertThat(container.has("ports")).isFalse();
  }

  @Test
  void devicePluginNeedsNoPathOfTheDevice() {
    var pod =
        Chart.render("{agent: {tunDevice: {access: DevicePlugin, resource: example.com/tun}}}")
            .object("DaemonSet", "wiremesh-agent")
            .at("/spec/template/spec");
    assertThat(pod.at("/containers/0/resources/limits/example.com~1tun").asInt()).isEqualTo(1);
    assertThat(pod.toString()).doesNotContain("/dev/net/tun");
    assertThat(pod.at("/containers/0/securityContext/privileged").asBoolean(true)).isFalse();
  }

  private static String environment(JsonNode container, String name) {
    return Chart.elements(container.path("env"))
        .filter(e -> e.path("name").asText().equals(name))
        .map(e -> e.path("value").asText())
        .findFirst()
        .orElse("");
  }
}
