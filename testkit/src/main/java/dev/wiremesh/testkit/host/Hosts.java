package dev.wiremesh.testkit.host;

import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.CommandFailedException;
import dev.wiremesh.testkit.process.Reaper;
import dev.wiremesh.testkit.process.Tools;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A set of hosts, all removed when it is closed; the {@link Reaper} removes those of a JVM that was
 * killed. A test holds one in a field with {@code @AutoClose}.
 *
 * <p>Thread-safe.
 */
public final class Hosts implements AutoCloseable {
  /** Sets of hosts made by this JVM: tests that run side by side use the same names. */
  private static final AtomicInteger SETS = new AtomicInteger();

  private final String prefix;
  private final List<Host> hosts = new ArrayList<>();

  private Hosts(String prefix) {
    this.prefix = prefix;
  }

  /** Hosts for a test: the prefix is unique to this JVM and to this set of hosts. */
  public static Hosts forTest(String area) {
    return new Hosts(area + ProcessHandle.current().pid() + "." + SETS.incrementAndGet());
  }

  /** Hosts with predictable names of their namespaces: {@code <prefix>-<name>}. */
  public static Hosts named(String prefix) {
    return new Hosts(prefix);
  }

  /** A new host with nothing but loopback. */
  public synchronized Host create(String name) {
    var namespace = namespace(prefix, name);
    Reaper.removeNetworkNamespaceAtExit(namespace);
    var host = Host.create(name, namespace);
    hosts.add(host);
    return host;
  }

  /** A NAT router: forwards, and masquerades packets that leave by a device. */
  public Host createNatRouter(String name, String outside) {
    var router = create(name);
    router.enableForwarding();
    router.masquerade(outside);
    return router;
  }

  /** The name of a host's network namespace. */
  public static String namespace(String prefix, String name) {
    return prefix + "-" + name;
  }

  /** Removes the host, and every process in it, now. */
  public synchronized void remove(Host host) {
    hosts.remove(host);
    removeForGood(host);
  }

  private static void removeForGood(Host host) {
    host.remove();
    Reaper.forgetNetworkNamespace(host.namespace());
  }

  /** Removes hosts of this prefix that another process left behind. */
  public static void sweep(String prefix) {
    if (Tools.find("ip").isEmpty()) {
      return;
    }
    Command.of("ip", "netns", "list")
        .check()
        .lines()
        .map(line -> line.split(" ", 2)[0])
        .filter(namespace -> namespace.startsWith(prefix + "-"))
        .forEach(Hosts::removeNamespace);
  }

  static void removeNamespace(String namespace) {
    // Killed processes may start others while they die, so repeat until there are none.
    for (int attempt = 0; attempt < 50; attempt++) {
      var inside = Command.of("ip", "netns", "pids", namespace).run();
      if (!inside.succeeded() || inside.output().isBlank()) {
        break;
      }
      inside
          .output()
          .lines()
          .forEach(pid ->
              ProcessHandle.of(Long.parseLong(pid.strip()))
                  .ifPresent(ProcessHandle::destroyForcibly));
    }
    var removed = Command.of("ip", "netns", "del", namespace).run();
    if (!removed.succeeded() && !removed.errors().contains("No such file")) {
      throw new CommandFailedException(
          "cannot remove the network namespace %s: %s".formatted(namespace, removed.errors()));
    }
  }

  @Override
  public synchronized void close() {
    hosts.reversed().forEach(Hosts::removeForGood);
    hosts.clear();
  }
}
