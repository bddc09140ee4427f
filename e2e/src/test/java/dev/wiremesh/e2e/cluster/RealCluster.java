package dev.wiremesh.e2e.cluster;

import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.CommandResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A cluster of {@code bin/wiremesh lab cluster}, by its name: kubelets, containerd and pods in
 * namespaces of this machine. Immutable; any thread may use it.
 */
record RealCluster(String name, List<String> nodes) implements MeshCluster {
  /** Long enough to build Kubernetes from its sources, once. */
  private static final Duration LONGEST_START = Duration.ofMinutes(20);

  private static final Duration LONGEST_COMMAND = Duration.ofMinutes(6);
  private static final Path SCRIPT = Path.of(System.getProperty("basedir", "."), "cluster/cluster");

  RealCluster {
    nodes = List.copyOf(nodes);
  }

  /** One that is not known to run. */
  RealCluster(String name) {
    this(name, List.of());
  }

  /** Starts a cluster; leftovers of an earlier one of this name are removed first. */
  static RealCluster start(String name, int nodes) {
    var cluster =
        new RealCluster(name, IntStream.rangeClosed(1, nodes).mapToObj("n%d"::formatted).toList());
    cluster.close();
    cluster.command("up", "--nodes", String.valueOf(nodes)).withTimeout(LONGEST_START).check();
    return cluster;
  }

  /** Removes it, whatever state it is in. */
  @Override
  public void close() {
    command("down").check();
  }

  @Override
  public String kubectl(String... arguments) {
    return command("kubectl", arguments).check();
  }

  @Override
  public CommandResult tryKubectl(String... arguments) {
    return command("kubectl", arguments).run();
  }

  @Override
  public CommandResult shell(String script) {
    var kubectl = "kubectl() { '%s' --name %s kubectl \"$@\"; }\n".formatted(SCRIPT, name);
    return Command.of("sh", "-c", kubectl + script).withTimeout(LONGEST_COMMAND).run();
  }

  @Override
  public String helm(String... arguments) {
    return command("helm", arguments).check();
  }

  /** Runs a command in a pod and returns what it printed. */
  CommandResult inPod(String pod, String... command) {
    var arguments = new ArrayList<>(List.of("exec", pod, "--"));
    arguments.addAll(List.of(command));
    return command("kubectl", arguments.toArray(String[]::new)).run();
  }

  /** On a node, on a host outside, or on cp. */
  @Override
  public CommandResult on(String machine, String... command) {
    var arguments = new ArrayList<>(List.of(machine));
    arguments.addAll(List.of(command));
    return command("enter", arguments.toArray(String[]::new)).run();
  }

  @Override
  public void load(Path image) {
    command("load", image.toAbsolutePath().toString()).check();
  }

  /** Ends a node's kubelet; its supervisor starts another. */
  void restartKubelet(String node) {
    on(node, "pkill", "-x", "kubelet").orThrow();
  }

  @Override
  public List<String> auditLog() {
    return on("cp", "cat", "/run/cluster/logs/audit.jsonl").orThrow().output().lines().toList();
  }

  /** The last lines of what a program of a machine said. */
  String logs(String machine, String program) {
    return command("logs", machine, program).run().output();
  }

  void addHost(String host) {
    command("host-add", host).check();
  }

  void stopNode(String node) {
    command("node-stop", node).check();
  }

  void startNode(String node) {
    command("node-start", node).check();
  }

  /** The status of a node's condition Ready: True, False or Unknown. */
  String readiness(String node) {
    return kubectl(
        "get", "node", node, "-o", "jsonpath={.status.conditions[?(@.type==\"Ready\")].status}");
  }

  /** Prefix of the network namespaces and cgroups of this cluster. */
  String prefix() {
    return "wm-" + name + "-";
  }

  private Command command(String command, String... arguments) {
    var all = new ArrayList<>(List.of(SCRIPT.toString(), "--name", name, command));
    all.addAll(List.of(arguments));
    return Command.of(all).withTimeout(LONGEST_COMMAND);
  }
}
