package dev.wiremesh.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.process.Command;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/** The steps of {@link MeshLifecycle}: actions on a cluster, and checks of it. */
abstract class MeshSteps {
  static final Path MODULE = Path.of(System.getProperty("basedir", ".")).toAbsolutePath();
  static final Path CHECKOUT = MODULE.resolveSibling("");
  static final String NAMESPACE = "wiremesh-system";

  /** Generous: this is about what happens, not about how fast this machine is. */
  static final Duration LONG = Duration.ofMinutes(4);

  abstract MeshCluster cluster();

  final List<String> nodes() {
    return cluster().nodes();
  }

  /** The arguments of Helm in a line of the documentation; the chart by its whole path. */
  static List<String> documented(String document, String beginning) {
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

  /** The whole block of shell lines in a document whose first line begins so. */
  static String block(String document, String beginning) {
    var text = read(CHECKOUT.resolve(document));
    int start = text.indexOf("```sh\n" + beginning);
    assertThat(start).as("the block in %s that begins with '%s'", document, beginning).isPositive();
    return text.substring(start + 6, text.indexOf("```\n", start + 6));
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
  static Path images(String folder, String... options) {
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

  final void load(Path images) {
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

  /** A steady ping from a pod of each node to one of the next. */
  final List<SteadyPing> pingBetweenPods() {
    var pings = new ArrayList<SteadyPing>();
    for (int i = 0; i < nodes().size(); i++) {
      var from = nodes().get(i);
      var to = nodes().get((i + 1) % nodes().size());
      var pod = podOn(from, "{.items[0].metadata.name}");
      pings.add(
          SteadyPing.start(
              "pod on %s -> pod on %s".formatted(from, to),
              addressOfPodOn(to),
              command -> cluster().tryKubectl("exec", pod, "--", "sh", "-c", command)));
    }
    return pings;
  }

  static List<PingLog> told(String what, List<SteadyPing> pings) {
    var seen = pings.stream().map(SteadyPing::stop).toList();
    seen.forEach(log -> System.err.println("%s: %s".formatted(what, log)));
    return seen;
  }

  final String meshAddressOf(String node) {
    return cluster()
        .kubectl("get", "meshnode", "home." + node, "-o", "jsonpath={.spec.addresses[0]}");
  }

  final String allAddresses() {
    return cluster()
        .kubectl(
            "get",
            "meshnodes,peers",
            "--all-namespaces",
            "-o",
            "jsonpath={range .items[*]}{.metadata.name} {.spec.addresses} {.status.addresses};{end}");
  }

  final List<String> imagesOfAgents() {
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

  final String leader() {
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

  /** The state of the cluster for the diagnosis of a failure. */
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

  final String addressOfPodOn(String node) {
    return podOn(node, "{.items[0].status.podIP}");
  }

  final boolean pingFromPod(String node, String address) {
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
}
