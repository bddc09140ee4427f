package dev.wiremesh.testkit.host;

import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.CommandFailedException;
import dev.wiremesh.testkit.process.CommandResult;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A host made of namespaces: a network namespace, and a mount namespace with /run, /var/run and
 * /var/lib of its own (otherwise, all hosts would share the sockets in /var/run/wireguard).
 *
 * <p>Thread-safe: all state is the kernel's. Made and removed by {@link Hosts}.
 */
public final class Host {
  /** Locally administered; every bridge is the only one on its segment. */
  private static final String BRIDGE_ADDRESS = "02:77:6d:00:00:01";

  // The mounts live as long as this shell does. /sys must show the devices of this namespace.
  private static final String KEEPER =
      """
      set -e
      mount -t tmpfs -o mode=755 tmpfs /run
      [ "$(readlink -f /var/run)" = /run ] || mount --bind /run /var/run
      mount -t tmpfs -o mode=755 tmpfs /var/lib
      mkdir /run/cgroup
      if mount --rbind /sys/fs/cgroup /run/cgroup 2>/dev/null; then
        mount -t sysfs sysfs /sys && mount --rbind /run/cgroup /sys/fs/cgroup || true
        umount -l /run/cgroup
      fi
      rmdir /run/cgroup 2>/dev/null || true
      echo ready
      exec sleep infinity
      """;

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final String name;
  private final String namespace;
  private final ManagedProcess keeper;

  private Host(String name, String namespace, ManagedProcess keeper) {
    this.name = name;
    this.namespace = namespace;
    this.keeper = keeper;
  }

  static Host create(String name, String namespace) {
    Command.of("ip", "netns", "add", namespace).check();
    try {
      Command.of("ip", "-n", namespace, "link", "set", "lo", "up").check();
      return new Host(name, namespace, startKeeper(namespace));
    } catch (RuntimeException e) {
      Hosts.removeNamespace(namespace);
      throw e;
    }
  }

  private static ManagedProcess startKeeper(String namespace) {
    try {
      var log = Files.createTempFile("wiremesh-host-", ".log");
      try {
        var keeper =
            ManagedProcess.start(
                "keeper of " + namespace,
                List.of(
                    "nsenter",
                    "--net=/run/netns/" + namespace,
                    "unshare",
                    "--mount",
                    "--propagation",
                    "private",
                    "bash",
                    "-c",
                    KEEPER),
                Map.of(),
                log);
        awaitReady(keeper);
        return keeper;
      } finally {
        Files.deleteIfExists(log);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void awaitReady(ManagedProcess keeper) {
    var deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!keeper.lastLines(1).equals("ready")) {
      if (!keeper.isAlive() || System.nanoTime() > deadline) {
        var said = keeper.lastLines(5);
        keeper.kill();
        throw new CommandFailedException(
            "cannot make a host (%s); it needs root and the right to mount: %s"
                .formatted(keeper.name(), said));
      }
      Thread.onSpinWait();
      try {
        Thread.sleep(2);
      } catch (InterruptedException e) {
        keeper.kill();
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while a host starts", e);
      }
    }
  }

  public String name() {
    return name;
  }

  /** The network namespace's name, as {@code ip netns} lists it. */
  public String namespace() {
    return namespace;
  }

  /** The process that holds the namespaces, for {@code nsenter --target}. */
  public long keeperPid() {
    return keeper.pid();
  }

  /** The prefix of a command line that runs it on this host. */
  public List<String> launcher() {
    return launcher(keeper.pid());
  }

  /** The same for a host of another JVM, known by its {@link #keeperPid()}. */
  public static List<String> launcher(long keeperPid) {
    return List.of("nsenter", "--target", Long.toString(keeperPid), "--net", "--mount", "--");
  }

  /** A command that runs here. */
  public Command command(String... arguments) {
    return Command.of(arguments).through(launcher());
  }

  /** Runs a command here; throws unless it succeeds. Returns its output. */
  public String exec(String... arguments) {
    return command(arguments).check();
  }

  /** Starts a program here that keeps running. */
  public ManagedProcess start(
      String program, List<String> command, Map<String, String> environment, Path log) {
    var all = new ArrayList<>(launcher());
    all.addAll(command);
    return ManagedProcess.start(program + " on " + name, all, environment, log);
  }

  /** Connects two hosts by a veth pair, both ends up. */
  public void connect(String device, Host other, String otherDevice) {
    Command.of(
            "ip",
            "link",
            "add",
            device,
            "netns",
            namespace,
            "type",
            "veth",
            "peer",
            "name",
            otherDevice,
            "netns",
            other.namespace)
        .check();
    ip("link", "set", device, "up");
    other.ip("link", "set", otherDevice, "up");
  }

  /** Connects this host by a veth pair to a bridge on another host. */
  public void connectToBridge(String device, Host other, String bridge, String port) {
    connect(device, other, port);
    other.ip("link", "set", port, "master", bridge);
  }

  /**
   * Creates a bridge on this host. Its MAC address is fixed: otherwise it would be the lowest of
   * its ports', so that a port added or removed could change it, and neighbours with the old one in
   * their caches would not reach this host for half a minute.
   */
  public void createBridge(String bridge) {
    ip("link", "add", bridge, "address", BRIDGE_ADDRESS, "type", "bridge");
    ip("link", "set", bridge, "up");
  }

  /** Gives a device an address, such as {@code 192.168.2.1/24}; IPv6 is usable at once. */
  public void address(String device, String addressAndLength) {
    if (addressAndLength.indexOf(':') >= 0) {
      ip("address", "add", addressAndLength, "dev", device, "nodad");
    } else {
      ip("address", "add", addressAndLength, "dev", device);
    }
  }

  public void route(String destination, String gateway) {
    ip("route", "replace", destination, "via", gateway);
  }

  public void mtu(String device, int bytes) {
    ip("link", "set", device, "mtu", Integer.toString(bytes));
  }

  /** Turns on forwarding. */
  public void enableForwarding() {
    exec(
        "bash",
        "-c",
        "echo 1 > /proc/sys/net/ipv4/ip_forward;"
            + " [ ! -e /proc/sys/net/ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/all/forwarding");
  }

  /** Masquerades packets that leave by the device. */
  public void masquerade(String device) {
    command("nft", "-f", "-")
        .withInput(
            """
            table inet nat {
              chain postrouting {
                type nat hook postrouting priority srcnat;
                oifname "%s" masquerade
              }
            }
            """
                .formatted(device))
        .check();
  }

  /** {@code ip …} on this host; returns what it prints. */
  public String ip(String... arguments) {
    var all = new ArrayList<>(List.of("ip", "-n", namespace));
    all.addAll(List.of(arguments));
    return Command.of(all).check();
  }

  /** Sends one echo request, with a timeout of a second. */
  public CommandResult ping(String address) {
    return command("ping", "-n", "-c", "1", "-W", "1", address).run();
  }

  /** Captures the packets on a device until the result is closed. */
  public Capture capture(String device, String filter) {
    return Capture.start(this, device, filter);
  }

  void remove() {
    keeper.kill();
    Hosts.removeNamespace(namespace);
  }
}
