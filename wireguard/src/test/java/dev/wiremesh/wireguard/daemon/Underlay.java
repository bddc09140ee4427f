package dev.wiremesh.wireguard.daemon;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What lies between two hosts, and what may happen to it. */
final class Underlay {
  private static final String DROP =
      """
      table ip wgdrop {
        chain c {
          type filter hook input priority 0
          %s drop
        }
      }
      """;

  private Underlay() {}

  /** A cable from 192.0.2.1 and 2001:db8::1 on the left to 192.0.2.2 and 2001:db8::2. */
  static void cable(Host left, Host right) {
    left.connect("eth0", right, "eth0");
    left.address("eth0", "192.0.2.1/24");
    right.address("eth0", "192.0.2.2/24");
    left.address("eth0", "2001:db8::1/64");
    right.address("eth0", "2001:db8::2/64");
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
