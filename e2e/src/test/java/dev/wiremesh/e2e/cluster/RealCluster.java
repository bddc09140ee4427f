package dev.wiremesh.e2e.cluster;

import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.CommandResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A cluster of {@code bin/wiremesh lab cluster}, by its name: kubelets, containerd and pods in
 * namespaces of this machine. Immutable; any thread may use it.
 */
record RealCluster(String name) implements AutoCloseable {
  /** Long enough to build Kubernetes from its sources, once. */
  private static final Duration LONGEST_START = Duration.ofMinutes(20);

  private static final Duration LONGEST_COMMAND = Duration.ofMinutes(6);
  private static final Path SCRIPT = Path.of(System.getProperty("basedir", "."), "cluster/cluster");

  /** What an earlier run left of a cluster of this name is removed first. */
  static RealCluster start(String name, int nodes) {
    var cluster = new RealCluster(name);
    cluster.close();
    cluster.command("up", "--nodes", String.valueOf(nodes)).withTimeout(LONGEST_START).check();
    return cluster;
  }

  /** Removes it, whatever state it is in. */
  @Override
  public void close() {
    command("down").check();
  }

  String kubectl(String... arguments) {
    return command("kubectl", arguments).check();
  }

  /** For calls that are expected to fail. */
  CommandResult tryKubectl(String... arguments) {
    return command("kubectl", arguments).run();
  }

  String helm(String... arguments) {
    return command("helm", arguments).check();
  }

  void apply(Path manifest) {
    kubectl("apply", "-f", manifest.toAbsolutePath().toString());
  }

  /** Runs a command in a pod and returns what it printed. */
  CommandResult inPod(String pod, String... command) {
    var arguments = new ArrayList<>(List.of("exec", pod, "--"));
    arguments.addAll(List.of(command));
    return command("kubectl", arguments.toArray(String[]::new)).run();
  }

  /** Runs a command on a machine (a node, cp, a host outside), as root there. */
  CommandResult on(String machine, String... command) {
    var arguments = new ArrayList<>(List.of(machine));
    arguments.addAll(List.of(command));
    return command("enter", arguments.toArray(String[]::new)).run();
  }

  void load(Path image) {
    command("load", image.toAbsolutePath().toString()).check();
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

  /** What network namespaces and cgroups of this cluster begin with. */
  String prefix() {
    return "wm-" + name + "-";
  }

  private Command command(String command, String... arguments) {
    var all = new ArrayList<>(List.of(SCRIPT.toString(), "--name", name, command));
    all.addAll(List.of(arguments));
    return Command.of(all).withTimeout(LONGEST_COMMAND);
  }
}
