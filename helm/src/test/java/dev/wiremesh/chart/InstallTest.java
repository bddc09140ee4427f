package dev.wiremesh.chart;

import static dev.wiremesh.chart.ChartUsers.API;
import static dev.wiremesh.chart.ChartUsers.NAMESPACE;
import static dev.wiremesh.chart.SizedObjects.sized;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.marcnuri.helm.Helm;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The chart on a real API server: installed as in the README, then used with the tokens of its
 * agents. Shows that every object is accepted, and which requests the admission policies allow.
 */
@RequiresKubernetes(controllerManager = true)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class InstallTest implements AgentPolicyTests, ObjectSizeTests {
  private final ControlPlane controlPlane;
  private final ChartUsers users;
  private final KubernetesClient admin;

  InstallTest(ControlPlane controlPlane) {
    this.controlPlane = controlPlane;
    this.users = new ChartUsers(controlPlane);
    this.admin = users.admin();
  }

  @Override
  public ChartUsers users() {
    return users;
  }

  @BeforeAll
  void install() {
    new Helm(Repository.CHART)
        .install()
        .withName("wiremesh")
        .withNamespace(NAMESPACE)
        .createNamespace()
        .set("network.create", true)
        .set("rbac.aggregateToUserRoles", true)
        .set("networkPolicy.enabled", true)
        .withKubeConfigContents(controlPlane.adminKubeconfig())
        .call();
    for (var node : List.of("n1", "n2")) {
      admin
          .resource(new NodeBuilder().withNewMetadata().withName(node).endMetadata().build())
          .create();
      users.meshNode(node);
    }
    allowAgentsEverything();
    awaitPolicies();
  }

  /** The agents' own role is narrower: what is refused here, the policies refuse. */
  private void allowAgentsEverything() {
    admin
        .resource(
            new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName("agents-for-tests")
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "cluster-admin")
                .addNewSubject("", "ServiceAccount", "wiremesh-agent", NAMESPACE)
                .build())
        .create();
  }

  /** The API server enforces a policy some seconds after it accepted it, each on its own. */
  private void awaitPolicies() {
    users.peer("probe", "n1");
    var namespaced = new ObjectMetaBuilder().withNamespace(NAMESPACE).withName("probe").build();
    var configMap = new ConfigMapBuilder().withMetadata(namespaced).build();
    var lease = new LeaseBuilder().withMetadata(namespaced).build();
    try (var agent = users.agentOf("n2")) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> {
            assertRefusedByAPolicy(() -> users.connected(agent, "probe"));
            assertRefusedByAPolicy(() -> users.status(agent, "MeshNode", "home.n1", Map.of()));
            assertRefusedByAPolicy(() -> agent.resource(configMap).dryRun(true).create());
            assertRefusedByAPolicy(() -> agent.resource(lease).dryRun(true).create());
          });
    }
    awaitSizePolicy();
  }

  private static void assertRefusedByAPolicy(ThrowableAssert.ThrowingCallable request) {
    assertThatThrownBy(request).hasMessageContaining("ValidatingAdmissionPolicy");
  }

  @AfterAll
  void uninstall() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var uninstall =
          threads.submit(() ->
              Helm.uninstall("wiremesh")
                  .withNamespace(NAMESPACE)
                  .withKubeConfigContents(controlPlane.adminKubeconfig())
                  .call());
      var pod = awaitPodOf("uninstall");
      assertThat(pod.getSpec().getContainers().getFirst().getArgs())
          .containsExactly(NAMESPACE, "180");
      try (var job = users.serviceAccount("wiremesh-uninstall")) {
        jobAsksTheAgents(job);
        agentsTellThatTheyAreClean();
        ChartUsers.mark(job).delete();
      }
      assertThat(admin.apps().daemonSets().inNamespace(NAMESPACE).list().getItems())
          .as("nothing is deleted before all nodes are clean")
          .isNotEmpty();
      pod.getStatus().setPhase("Succeeded");
      admin.resource(pod).patchStatus();
      uninstall.get(200, TimeUnit.SECONDS);
    }
    assertThat(admin.apps().deployments().inNamespace(NAMESPACE).list().getItems()).isEmpty();
    assertThat(admin.apps().daemonSets().inNamespace(NAMESPACE).list().getItems()).isEmpty();
    assertThat(admin.apiextensions().v1().customResourceDefinitions().list().getItems())
        .as("kinds, and with them networks and peers, outlive an uninstallation")
        .filteredOn(crd -> crd.getSpec().getGroup().equals("wiremesh.dev"))
        .hasSize(4);
    assertThat(admin.genericKubernetesResources(API, "WireGuardNetwork").withName("home").get())
        .as("network.keep")
        .isNotNull();
    users.close();
  }

  @Test
  void createsTheNetworkTogetherWithItsKind() {
    assertThat(admin.genericKubernetesResources(API, "WireGuardNetwork").withName("home").get())
        .isNotNull();
  }

  @Test
  void examplesInTheListingAreAccepted() throws Exception {
    var annotations =
        Chart.YAML.readTree(Repository.CHART.resolve("Chart.yaml").toFile()).path("annotations");
    var examples = Chart.YAML.readTree(annotations.path("artifacthub.io/crdsExamples").asText());
    assertThat(examples).isNotEmpty();
    for (var example : examples) {
      assertThatCode(() ->
              admin.resource(example.toString()).dryRun(true).forceConflicts().serverSideApply())
          .as("%s", example)
          .doesNotThrowAnyException();
    }
  }

  /** Runs the job's program in place of its pod: there is no kubelet. */
  @Test
  void upgradeAppliesTheKindsBeforeAnythingElse() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var upgrade =
          threads.submit(() ->
              new Helm(Repository.CHART)
                  .upgrade()
                  .withName("wiremesh")
                  .withNamespace(NAMESPACE)
                  .reuseValues()
                  .set("operator.replicas", 3)
                  .withTimeout(180)
                  .withKubeConfigContents(controlPlane.adminKubeconfig())
                  .call());
      var pod = awaitPodOf("crds");
      assertThat(replicas()).as("the rest of the release waits").isEqualTo(2);
      var container = pod.getSpec().getContainers().getFirst();
      assertThat(container.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
      assertThat(container.getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
      assertThat(
              admin.configMaps().inNamespace(NAMESPACE).withName("wiremesh-crds").get().getData())
          .containsEntry("peers.yaml", Repository.read(Repository.CHART.resolve("crds/peers.yaml")))
          .hasSize(4);
      pod.getStatus().setPhase("Succeeded");
      admin.resource(pod).patchStatus();
      upgrade.get(200, TimeUnit.SECONDS);
    }
    assertThat(replicas()).isEqualTo(3);
    assertThat(admin.rbac().clusterRoles().withName("wiremesh-crds").get())
        .as("the job's rights end with it")
        .isNull();
  }

  private Pod awaitPodOf(String component) {
    var pods =
        admin.pods().inNamespace(NAMESPACE).withLabel("app.kubernetes.io/component", component);
    await().atMost(PATIENCE).until(() -> !pods.list().getItems().isEmpty());
    return pods.list().getItems().getFirst();
  }

  /** With the job's own token: it can make this one object, and none of another name. */
  private static void jobAsksTheAgents(KubernetesClient job) {
    await()
        .alias("the job may make its mark")
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(ChartUsers.line(job, "_until", "2099-01-01T00:00:00Z")).isNotNull());
    assertThatThrownBy(() -> ChartUsers.line(job, "something-else", "a", "b"))
        .hasMessageContaining("forbidden");
  }

  /** Each with its own token, and none can speak for another. */
  private void agentsTellThatTheyAreClean() {
    try (var one = users.agentOf("n1");
        var other = users.agentOf("n2")) {
      ChartUsers.line(one, "n1", "clean");
      assertThatThrownBy(() -> ChartUsers.line(other, "n1", "not clean at all"))
          .hasMessageContaining("the agent of node n2 may write its own line only");
      assertThatThrownBy(() -> ChartUsers.line(other, "_until", "2999-01-01T00:00:00Z"))
          .hasMessageContaining("the agent of node n2 may write its own line only");
      ChartUsers.line(other, "n2", "clean");
    }
    assertThat(ChartUsers.mark(admin).get().getData())
        .isEqualTo(Map.of("_until", "2099-01-01T00:00:00Z", "n1", "clean", "n2", "clean"));
  }

  private int replicas() {
    return admin
        .apps()
        .deployments()
        .inNamespace(NAMESPACE)
        .withName("wiremesh-operator")
        .get()
        .getSpec()
        .getReplicas();
  }

  /**
   * The controller manager counts objects of a new kind after its next look at all kinds, half a
   * minute later, and a quota that it saw before only minutes after that: so the quota is made
   * anew.
   */
  @Test
  void exampleOfAQuotaBoundsThePeersOfANamespace() throws Exception {
    admin
        .resource(new NamespaceBuilder().withNewMetadata().withName("team-a").endMetadata().build())
        .create();
    var quota =
        Serialization.unmarshal(
            Files.readString(Repository.ROOT.resolve("examples/peer-quota.yaml")),
            ResourceQuota.class);
    assertThat(quota.getMetadata().getNamespace()).isEqualTo("team-a");
    quota.getSpec().setHard(Map.of("count/peers.wiremesh.dev", new Quantity("1")));
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(4))
        .until(() -> {
          var counted = admin.resource(quota).get();
          if (counted != null
              && counted.getStatus() != null
              && !counted.getStatus().getUsed().isEmpty()) {
            return true;
          }
          admin.resource(quota).delete();
          admin.resource(quota).create();
          return false;
        });
    var peers = admin.genericKubernetesResources(API, "Peer").inNamespace("team-a");
    var one = sized("Peer", "one", 0);
    one.getMetadata().setNamespace("team-a");
    peers.resource(one).create();
    var two = sized("Peer", "two", 0);
    two.getMetadata().setNamespace("team-a");
    assertThatThrownBy(() -> peers.resource(two).create())
        .hasMessageContaining("exceeded quota: wiremesh-peers");
  }
}
