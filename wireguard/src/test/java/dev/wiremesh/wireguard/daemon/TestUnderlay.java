package dev.wiremesh.wireguard.daemon;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The underlay network between two hosts, and its faults. */
final class TestUnderlay {
  private static final String DROP =
      """
      table ip wgdrop {
        chain c {
          type filter hook input priority 0
          %s drop
        }
      }
      """;

  private TestUnderlay() {}

  /** A cable from 192.0.2.1 and 2001:db8::1 on the left to 192.0.2.2 and 2001:db8::2. */
  static void cable(Host left, Host right) {
    left.connect("eth0", right, "eth0");
    left.address("eth0", "192.0.2.1/24");
    right.address("eth0", "192.0.2.2/24");
    left.address("eth0", "2001:db8::1/64");
    right.address("eth0", "2001:db8::2/64");
  }

  /** From 192.0.2.1 on the left by a router, whose addresses end in 254, to 198.51.100.2. */
  static void routed(Host left, Host router, Host right) {
    network(left, router, "eth0", "left", "192.0.2");
    server(router, right);
    left.route("default", "192.0.2.254");
  }

  /** The same with one more network, 203.0.113.1 on the left, that no route leads to yet. */
  static void routedTwice(Host left, Host router, Host right, String first, String second) {
    network(left, router, first, first, "192.0.2");
    network(left, router, second, second, "203.0.113");
    server(router, right);
    left.ip("route", "add", "default", "via", "192.0.2.254", "metric", "20");
  }

  private static void network(Host left, Host router, String device, String port, String prefix) {
    left.connect(device, router, port);
    left.address(device, prefix + ".1/24");
    router.address(port, prefix + ".254/24");
  }

  private static void server(Host router, Host right) {
    router.connect("right", right, "eth0");
    router.address("right", "198.51.100.254/24");
    right.address("eth0", "198.51.100.2/24");
    right.route("default", "198.51.100.254");
    router.enableForwarding();
  }

  /** The right end has no way to the left one but the flows that a NAT remembers so long. */
  static void noWayBut(Host router, Host right, int seconds) {
    right.ip("route", "del", "default");
    router.exec(
        "sh",
        "-c",
        "for f in /proc/sys/net/netfilter/nf_conntrack_udp_timeout*; do echo %d > $f; done"
            .formatted(seconds));
  }

  /** Adds rules to a host's own. */
  static void nft(Host host, String rules) {
    host.command("nft", "-f", "-").withInput(rules).check();
  }

  /** A host takes in nothing of a kind, in words of nft, until {@link #dropNothing}. */
  static void drop(Host host, String kind) {
    nft(host, DROP.formatted(kind));
  }

  static void dropNothing(Host host) {
    host.exec("nft", "delete", "table", "ip", "wgdrop");
  }

  /**
   * Pings five times a second until it is closed.
   *
   * @param folder of its log
   */
  static ManagedProcess flow(Host from, String address, Path folder) {
    return from.start(
        "flow", List.of("ping", "-n", "-i0.2", address), Map.of(), folder.resolve("flow.log"));
  }
}
