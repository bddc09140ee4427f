package dev.wiremesh.e2e.cluster;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.process.Command;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
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
 * nodes that go and come, and the uninstallation. One story, told in order, on any cluster.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@ExtendWith(ToldInOrder.class)
abstract class MeshStory {
  static final Path MODULE = Path.of(System.getProperty("basedir", ".")).toAbsolutePath();
  static final Path CHECKOUT = MODULE.resolveSibling("");
  static final String NAMESPACE = "wiremesh-system";

  /** Generous: this is about what happens, not about how fast this machine is. */
  static final Duration LONG = Duration.ofMinutes(4);

  /** Longer than an agent takes to start anywhere; what it really is, is printed. */
  private static final Duration LONGEST_GAP = Duration.ofMinutes(2);

  /** The tag of the second set of images. */
  private static final String NEXT = "next";

  private final Map<String, NodeFootprint> footprints = new HashMap<>();
  private String addresses = "";

  abstract MeshCluster cluster();

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

  final String addressOfPodOn(String node) {
    return podOn(node, "{.items[0].status.podIP}");
  }

  private boolean pingFromPod(String node, String address) {
    return cluster()
        .tryKubectl(
            "exec",
            podOn(node, "{.items[0].metadata.name}"),
            "--",
            "ping",
            "-c",
            "1",
            "-W",
            "2",
            address)
        .succeeded();
  }

  private String podOn(String node, String field) {
    return cluster()
        .kubectl(
            "get",
            "pods",
            "--selector=app=web",
            "--field-selector=status.phase=Running,spec.nodeName=" + node,
            "-o",
            "jsonpath=" + field);
  }

  @Test
  @Order(400)
  void upgradeReplacesAgentsOneByOne() {
    load(images("images-" + NEXT, "--tag", NEXT));
    var pings = pingAround();
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
  void nobodyAskedForWhatItsRoleDoesNotGrant() {
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
  }

  private List<String> differences(String node) {
    return NodeFootprint.of(cluster(), node).differencesTo(requireNonNull(footprints.get(node)));
  }

  // --- the words it is told in ---

  final List<String> nodes() {
    return cluster().nodes();
  }

  /** The arguments of Helm in a line of the documentation; the chart by its whole path. */
  private static List<String> documented(String document, String beginning) {
    var lines =
        read(CHECKOUT.resolve(document))
            .lines()
            .filter(line -> line.startsWith(beginning))
            .filter(line -> !line.contains("…"))
            .distinct()
            .toList();
    assertThat(lines).as("the line in %s that begins with '%s'", document, beginning).hasSize(1);
    return List.of(lines.getFirst().split(" +")).stream()
        .skip(1)
        .map(word ->
            word.equals("helm/wiremesh") ? CHECKOUT.resolve("helm/wiremesh").toString() : word)
        .toList();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /**
   * A folder with the images, by the launcher, which builds what is older than its sources. {@code
   * $WIREMESH_IMAGES} names a folder that has the first ones already.
   */
  private static Path images(String folder, String... options) {
    var given = System.getenv("WIREMESH_IMAGES");
    if (given != null && options.length == 0) {
      return Path.of(given);
    }
    var target = MODULE.resolve("target").resolve(folder);
    var command = new ArrayList<>(List.of(CHECKOUT.resolve("bin/wiremesh").toString(), "images"));
    command.addAll(List.of(options));
    command.add(target.toString());
    Command.of(command).withTimeout(Duration.ofMinutes(20)).check();
    return target;
  }

  private void load(Path images) {
    cluster().load(images.resolve("operator.tar"));
    cluster().load(images.resolve("agent.tar"));
  }

  /** A steady ping from each node to the next. */
  final List<SteadyPing> pingAround() {
    var pings = new ArrayList<SteadyPing>();
    for (int i = 0; i < nodes().size(); i++) {
      var from = nodes().get(i);
      var to = nodes().get((i + 1) % nodes().size());
      awaitPing(from, meshAddressOf(to));
      pings.add(
          SteadyPing.start(
              from + " -> " + to,
              meshAddressOf(to),
              command -> cluster().on(from, "sh", "-c", command)));
    }
    return pings;
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

  private static List<PingLog> told(String what, List<SteadyPing> pings) {
    var seen = pings.stream().map(SteadyPing::stop).toList();
    seen.forEach(log -> System.err.println("%s: %s".formatted(what, log)));
    return seen;
  }

  final String meshAddressOf(String node) {
    return cluster()
        .kubectl("get", "meshnode", "home." + node, "-o", "jsonpath={.spec.addresses[0]}");
  }

  private String allAddresses() {
    return cluster()
        .kubectl(
            "get",
            "meshnodes,peers",
            "--all-namespaces",
            "-o",
            "jsonpath={range .items[*]}{.metadata.name} {.spec.addresses} {.status.addresses};{end}");
  }

  private List<String> imagesOfAgents() {
    return agentField("{.spec.containers[0].image}");
  }

  final List<String> agents() {
    return agentField("{.metadata.name} {.status.containerStatuses[0].restartCount}");
  }

  private List<String> agentField(String field) {
    return cluster()
        .kubectl(
            "-n",
            NAMESPACE,
            "get",
            "pods",
            "--selector=app.kubernetes.io/component=agent",
            "-o",
            "jsonpath={range .items[*]}%s{\"\\n\"}{end}".formatted(field))
        .lines()
        .sorted()
        .toList();
  }

  private String leader() {
    return cluster()
        .kubectl(
            "-n",
            NAMESPACE,
            "get",
            "lease",
            "wiremesh-operator",
            "-o",
            "jsonpath={.spec.holderIdentity}");
  }

  final void awaitRollout() {
    cluster()
        .kubectl("-n", NAMESPACE, "rollout", "status", "daemonset/wiremesh-agent", "--timeout=5m");
  }

  final void awaitPing(String from, String address) {
    await()
        .alias("%s pings %s".formatted(from, address))
        .atMost(LONG)
        .until(() -> cluster().on(from, "ping", "-c", "1", "-W", "2", address).succeeded());
  }

  final void awaitReady(String object) {
    awaitCondition(object, "Ready");
  }

  final void awaitCondition(String object, String condition) {
    cluster().kubectl("wait", object, "--for=condition=" + condition, "--timeout=4m");
  }

  /** Everything somebody would ask for who has to understand a failure. */
  final String describe() {
    var asked = new LinkedHashMap<String, List<String>>();
    asked.put("nodes", List.of("get", "nodes", "-o", "wide"));
    asked.put("pods", List.of("get", "pods", "-A", "-o", "wide"));
    asked.put("mesh", List.of("get", "wgn,wgnode,wgp,wgip", "-A", "-o", "wide"));
    asked.put("events", List.of("get", "events", "-A", "--sort-by=.lastTimestamp"));
    for (var component : List.of("operator", "agent")) {
      asked.put(
          component + "s",
          List.of(
              "-n",
              NAMESPACE,
              "logs",
              "--selector=app.kubernetes.io/component=" + component,
              "--prefix",
              "--tail=40"));
    }
    var text = new StringBuilder();
    asked.forEach((title, arguments) -> {
      var answer = cluster().tryKubectl(arguments.toArray(String[]::new));
      text.append("== %s%n%s%s%n".formatted(title, answer.output(), answer.errors()));
    });
    return text.toString();
  }
}
