package dev.wiremesh.lab.story;

import dev.wiremesh.lab.cluster.Lab;
import dev.wiremesh.lab.cluster.LabException;
import dev.wiremesh.lab.cluster.OutsideHost;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A WireGuard client that an unmodified systemd-networkd configures by the files of {@code kubectl
 * wiremesh conf --format networkd}. Where the kernel has no WireGuard, a program in user space
 * makes the interface with the keys and peers of the .netdev file, and systemd-networkd does the
 * rest: addresses, routes, MTU and forwarding.
 *
 * <p>Owned by one thread. {@link #close} ends systemd-networkd.
 */
final class NetworkdClient implements AutoCloseable {
  private static final List<Path> PLACES =
      List.of(
          Path.of("/usr/lib/systemd/systemd-networkd"), Path.of("/lib/systemd/systemd-networkd"));

  private static final String FOLDER = "/run/systemd/network/";
  private static final String NETDEV = OutsideHost.INTERFACE + ".netdev";
  private static final String NETWORK = OutsideHost.INTERFACE + ".network";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Host machine;
  private final ManagedProcess networkd;

  private NetworkdClient(Host machine, ManagedProcess networkd) {
    this.machine = machine;
    this.networkd = networkd;
  }

  /** The program, on a machine that has it. */
  static Optional<Path> program() {
    return PLACES.stream().filter(Files::isExecutable).findFirst();
  }

  /** Brings the interface up with the configuration of a Peer. */
  static NetworkdClient start(
      Lab lab, Host machine, String namespace, String peer, Path program, Path logs) {
    var files = fetch(lab, namespace, peer);
    // networkd waits for udev unless /sys cannot be written, as in a container.
    machine.exec("mount", "-o", "remount,bind,ro", "/sys");
    machine.exec("mkdir", "-p", FOLDER);
    if (machine.command("ip", "link", "add", "wgprobe", "type", "wireguard").run().succeeded()) {
      machine.ip("link", "delete", "wgprobe");
      write(machine, NETDEV, files.netdev());
    } else {
      makeInterface(machine, files.netdev(), logs);
    }
    write(machine, NETWORK, files.network());
    return new NetworkdClient(
        machine,
        machine.start(
            "systemd-networkd",
            List.of(program.toString()),
            Map.of("SYSTEMD_LOG_TARGET", "console"),
            logs.resolve("networkd-" + machine.name() + ".log")));
  }

  private record NetworkdText(String netdev, String network) {}

  private static NetworkdText fetch(Lab lab, String namespace, String peer) {
    var text =
        Command.of(
                lab.checkout().root().resolve("bin/kubectl-wiremesh").toString(),
                "conf",
                peer,
                "--namespace",
                namespace,
                "--kubeconfig",
                lab.folder().kubeconfig().toString(),
                "--format",
                "networkd",
                "--interface",
                OutsideHost.INTERFACE)
            .withEnvironment("WIREMESH_NO_BUILD", "1")
            .withTimeout(PATIENCE)
            .check();
    int second = text.indexOf("# " + NETWORK + "\n");
    if (!text.startsWith("# " + NETDEV + "\n") || second < 0) {
      throw new LabException("kubectl wiremesh conf has not printed " + NETDEV + " and " + NETWORK);
    }
    return new NetworkdText(text.substring(0, second), text.substring(second));
  }

  private static void makeInterface(Host machine, String netdev, Path logs) {
    // To a file: the daemon inherits the descriptors, so a pipe would never end.
    machine.exec(
        "bash",
        "-c",
        "exec \"$1\" \"$2\" > \"$3\" 2>&1 < /dev/null",
        "bash",
        OutsideHost.wireguardGo().toString(),
        OutsideHost.INTERFACE,
        logs.resolve(machine.name() + ".log").toString());
    machine
        .command("wg", "setconf", OutsideHost.INTERFACE, "/dev/stdin")
        .withInput(wgConfiguration(netdev))
        .check();
  }

  /** The sections about WireGuard of a .netdev file, as {@code wg setconf} reads them. */
  static String wgConfiguration(String netdev) {
    var words =
        Map.of("[WireGuard]", "[Interface]", "[WireGuardPeer]", "[Peer]", "FirewallMark", "FwMark");
    return netdev
        .substring(netdev.indexOf("[WireGuard]"))
        .lines()
        .filter(line -> !line.startsWith("#"))
        .map(line -> {
          var word = line.split("=", 2)[0];
          return words.getOrDefault(word, word) + line.substring(word.length());
        })
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private static void write(Host machine, String name, String text) {
    machine.command("sh", "-c", "umask 022; cat > " + FOLDER + name).withInput(text).check();
  }

  /** Whether the interface has the address, a route into the mesh, and the machine forwards. */
  boolean isConfigured(String address) {
    return machine
            .command("ip", "address", "show", "dev", OutsideHost.INTERFACE)
            .run()
            .output()
            .contains(" " + address + "/")
        && !routes().isEmpty()
        && machine.exec("cat", "/proc/sys/net/ipv4/ip_forward").strip().equals("1");
  }

  /** The routes that systemd-networkd made. */
  List<String> routes() {
    return machine
        .command("ip", "route", "show", "dev", OutsideHost.INTERFACE, "proto", "static")
        .run()
        .output()
        .lines()
        .map(line -> line.strip().split(" ", 2)[0])
        .toList();
  }

  @Override
  public void close() {
    networkd.stop(PATIENCE);
  }
}
