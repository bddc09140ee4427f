package dev.wiremesh.e2e.cluster;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The product as its users get it: images as tars, the chart by Helm as the documentation says, the
 * quickstart by kubectl. Then what a cluster lives through: upgrade, rollback, pods, kubelets and
 * nodes that go and come, and the uninstallation. One sequence of steps, on any cluster.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@ExtendWith(StopAfterFirstFailure.class)
abstract class MeshLifecycle extends MeshSteps {
  /** Longer than an agent takes to start anywhere; what it really is, is printed. */
  private static final Duration LONGEST_GAP = Duration.ofMinutes(2);

  /** The tag of the second set of images. */
  private static final String NEXT = "next";

  /** A route with our protocol number, and a file where an agent remembers its mesh. */
  private static final String SOMETHING_LEFT =
      "ip route add 10.70.99.0/24 dev lo proto 87;"
          + " mkdir -p /var/lib/wiremesh/networks; touch /var/lib/wiremesh/networks/home";

  private final Map<String, NodeFootprint> footprints = new HashMap<>();
  private String addresses = "";

  /** Starts the cluster, with nothing of ours on it. */
  abstract void startCluster();

  /** The DaemonSet "web", of an image that the cluster has or can get. */
  abstract String podsManifest();

  @BeforeAll
  void install() {
    var images = images("images");
    startCluster();
    load(images);
    pods();
    for (var node : nodes()) {
      footprints.put(node, NodeFootprint.of(cluster(), node));
    }
    var line = new ArrayList<>(documented("README.md", "helm install wiremesh "));
    line.addAll(List.of("--wait", "--timeout=10m"));
    cluster().helm(line.toArray(String[]::new));
  }

  /** A pod on each node that stays: to be reached, and so that nothing is new about a first pod. */
  private void pods() {
    cluster().apply(MODULE.resolve("src/test/resources/cluster").resolve(podsManifest()));
    cluster().kubectl("rollout", "status", "daemonset/web", "--timeout=4m");
  }

  @AfterAll
  void removeCluster() {
    cluster().close();
  }

  @Test
  @Order(100)
  void quickstartBecomesReady() {
    cluster().apply(CHECKOUT.resolve("examples/quickstart"));
    awaitReady("wireguardnetwork/home");
    awaitReady("peer/laptop");
    addresses = allAddresses();
  }

  @Test
  @Order(200)
  void nodesReachEachOtherThroughTheMesh() {
    for (var from : nodes()) {
      for (var to : nodes()) {
        awaitPing(from, meshAddressOf(to));
      }
    }
  }

  /** All but the last, which is for the laptop. */
  @Test
  @Order(150)
  void commandsOfTheNotesWork() {
    var script =
        cluster()
            .helm("get", "notes", "wiremesh", "-n", NAMESPACE)
            .lines()
            .filter(line -> line.startsWith("     "))
            .map(line -> line.substring(5))
            .filter(line -> !line.startsWith("wg-quick "))
            .map(line -> line.replace("> wg0.conf", "| grep '^PrivateKey = '"))
            .collect(Collectors.joining("\n", "set -eu\n", "\n"));
    assertThat(script).contains("kubectl apply", "kubectl wait", "kubectl get secret");
    cluster().shell(script).orThrow();
  }

  /** The pod network's own routes stay, and carry nothing between nodes any more. */
  @Test
  @Order(350)
  void podsReachEachOtherThroughTheMesh() {
    cluster()
        .kubectl(
            "patch",
            "wireguardnetwork",
            "home",
            "--type=merge",
            "--patch={\"spec\":{\"nodes\":{\"advertise\":[\"PodCIDRs\",\"ServiceCIDRs\"]}}}");
    var here = nodes().getFirst();
    for (var there : nodes().subList(1, nodes().size())) {
      var address = addressOfPodOn(there);
      await()
          .alias("the way from %s to the pods of %s is the mesh".formatted(here, there))
          .atMost(LONG)
          .until(() -> cluster().on(here, "ip", "route", "get", address).output().contains("wg-"));
      await()
          .alias("a pod on %s pings one on %s".formatted(here, there))
          .atMost(LONG)
          .until(() -> pingFromPod(here, address));
    }
  }

  @Test
  @Order(400)
  void upgradeReplacesAgentsOneByOne() {
    load(images("images-" + NEXT, "--tag", NEXT));
    var pings = pingBetweenPods();
    var line = new ArrayList<>(documented("docs/install.md", "helm upgrade wiremesh "));
    line.addAll(
        List.of(
            "--set=agent.logLevel=DEBUG",
            "--set=agent.image.tag=" + NEXT,
            "--set=operator.image.tag=" + NEXT,
            "--wait",
            "--timeout=10m"));
    cluster().helm(line.toArray(String[]::new));
    awaitRollout();
    assertThat(imagesOfAgents()).allMatch(image -> image.endsWith(":" + NEXT));
    comesBack("upgrade", pings);
  }

  @Test
  @Order(450)
  void rollbackBringsTheFirstReleaseBack() {
    var pings = pingAround();
    cluster().helm("rollback", "wiremesh", "1", "-n", NAMESPACE, "--wait", "--timeout=10m");
    awaitRollout();
    assertThat(imagesOfAgents()).noneMatch(image -> image.endsWith(":" + NEXT));
    comesBack("rollback", pings);
  }

  @Test
  @Order(500)
  void deletedAgentIsReplacedAndTrafficComesBack() {
    var pings = pingAround();
    cluster()
        .kubectl(
            "-n",
            NAMESPACE,
            "delete",
            "pod",
            "--selector=app.kubernetes.io/component=agent",
            "--field-selector=spec.nodeName=" + nodes().getLast());
    awaitRollout();
    comesBack("agent's pod deleted", pings);
  }

  @Test
  @Order(510)
  void anotherOperatorTakesOver() {
    var pings = pingAround();
    var leader = leader();
    cluster()
        .kubectl("-n", NAMESPACE, "delete", "pod", leader, "--grace-period=0", "--force", "--wait");
    cluster().apply(MODULE.resolve("src/test/resources/cluster/phone.yaml"));
    awaitReady("peer/phone");
    assertThat(leader()).isNotEqualTo(leader);
    cluster().kubectl("delete", "peer", "phone");
    nothingWasLost("operator's leader killed", pings);
  }

  @Test
  @Order(530)
  void drainedNodeKeepsItsPlaceInTheMesh() {
    var node = nodes().getLast();
    var pings = pingAround();
    cluster()
        .kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=4m");
    cluster().kubectl("uncordon", node);
    cluster().kubectl("-n", NAMESPACE, "rollout", "status", "deployment", "--timeout=4m");
    nothingWasLost("node drained", pings);
  }

  /** Before the uninstallation, which takes roles away while their pods still end. */
  @Test
  @Order(890)
  void noProgramAskedForMoreThanItsRole() {
    var ours =
        cluster().auditLog().stream()
            .filter(line -> line.contains("system:serviceaccount:%s:".formatted(NAMESPACE)))
            .toList();
    assertThat(ours).as("that the log has seen them at all").hasSizeGreaterThan(20);
    assertThat(ours.stream().filter(line -> line.contains("\"code\":403"))).isEmpty();
  }

  /** With the mesh still up: what the networks and peers say outlives the uninstallation. */
  @Test
  @Order(900)
  void uninstalledNodesAreAsIfItHadNeverBeenThere() {
    var line = new ArrayList<>(documented("docs/install.md", "helm uninstall wiremesh "));
    line.add("--timeout=10m");
    cluster().helm(line.toArray(String[]::new));
    cluster().kubectl("-n", NAMESPACE, "wait", "pod", "--all", "--for=delete", "--timeout=4m");
    for (var node : nodes()) {
      await()
          .alias(node + " is as it was")
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(() -> assertThat(differences(node)).isEmpty());
    }
    cluster().kubectl("get", "wireguardnetwork", "home");
    cluster().kubectl("get", "peer", "laptop");
    assertThat(leftInNamespace("leases,pods,jobs,deployments,daemonsets,services")).isEmpty();
    assertThat(leftInNamespace("configmaps")).isEqualTo("configmap/kube-root-ca.crt");
    assertThat(leftInNamespace("serviceaccounts")).isEqualTo("serviceaccount/default");
    assertThat(leftInNamespace("roles,rolebindings")).isEmpty();
  }

  /** The job that asks, and the agents that answer; what their roles say is gone by now. */
  @Test
  @Order(901)
  void noProgramAskedForMoreThanItsRoleDuringTheUninstallation() {
    var account = "\"system:serviceaccount:%s:%%s\"".formatted(NAMESPACE);
    var uninstall =
        cluster().auditLog().stream()
            .filter(line ->
                line.contains(account.formatted("wiremesh-uninstall"))
                    || line.contains(account.formatted("wiremesh-agent"))
                        && line.contains("\"verb\":\"patch\"")
                        && line.contains("\"name\":\"wiremesh-uninstall\""))
            .toList();
    assertThat(uninstall).as("that the log has seen them").hasSizeGreaterThan(nodes().size());
    assertThat(uninstall.stream().filter(line -> line.contains("\"code\":403"))).isEmpty();
  }

  /** The documented lines, on a node where an agent that never came back left something. */
  @Test
  @Order(905)
  void nodeIsCleanedByHand() {
    var node = nodes().getLast();
    cluster().on(node, "sh", "-c", SOMETHING_LEFT).orThrow();
    assertThat(differences(node)).hasSize(2);
    var lines = block("docs/install.md", "sed 's/NODE/worker-1/g' ");
    var said =
        cluster()
            .shell("set -eu; cd '%s'\n%s".formatted(CHECKOUT, lines.replace("worker-1", node)))
            .orThrow()
            .output();
    assertThat(said)
        .contains("removed route 10.70.99.0/24", "Nothing of Wiremesh is left on this node.");
    assertThat(differences(node)).isEmpty();
  }

  private String leftInNamespace(String kinds) {
    return cluster().kubectl("-n", NAMESPACE, "get", kinds, "-o", "name").strip();
  }

  /** Objects can be deleted when no program of ours runs. */
  @Test
  @Order(910)
  void networksPeersAndKindsGoWithoutPrograms() {
    cluster().shell("set -eu\n" + block("docs/install.md", "kubectl delete peers")).orThrow();
    cluster().shell("set -eu\n" + block("docs/install.md", "kubectl delete crd ")).orThrow();
    assertThat(cluster().kubectl("api-resources", "--api-group=wiremesh.dev", "-o", "name"))
        .isBlank();
  }

  private List<String> differences(String node) {
    return NodeFootprint.of(cluster(), node).differencesTo(requireNonNull(footprints.get(node)));
  }

  /** All is as before, by itself; what was lost meanwhile is told, and bounded generously. */
  final void comesBack(String what, List<SteadyPing> pings) {
    nodesReachEachOtherThroughTheMesh();
    var seen = told(what, pings);
    assertThat(seen).allMatch(log -> log.longestGap().compareTo(LONGEST_GAP) < 0);
    assertThat(allAddresses()).as("addresses after: %s", what).isEqualTo(addresses);
  }

  final void nothingWasLost(String what, List<SteadyPing> pings) {
    assertThat(told(what, pings)).allMatch(log -> log.lost() == 0);
    assertThat(allAddresses()).as("addresses after: %s", what).isEqualTo(addresses);
  }
}
