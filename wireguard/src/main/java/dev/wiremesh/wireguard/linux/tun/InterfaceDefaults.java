package dev.wiremesh.wireguard.linux.tun;

import dev.wiremesh.wireguard.linux.netlink.Links;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Disables IPv6 address generation and ICMP redirects on a new interface, as kernel WireGuard does.
 * With a link-local address the interface would solicit routers, which would start handshakes as
 * soon as it is up; and redirects would point peers that reach each other through this host to a
 * shorter route that does not exist. An interface that moves to another namespace starts with that
 * namespace's defaults.
 */
public final class InterfaceDefaults {
  private static final Logger log = LoggerFactory.getLogger(InterfaceDefaults.class);

  /** Redirects are sent if this setting or the interface's own one allows them. */
  private static final Path ALL_REDIRECTS = Path.of("/proc/sys/net/ipv4/conf/all/send_redirects");

  private InterfaceDefaults() {}

  /** Best effort: the interface works without these settings. */
  static void apply(Links links, int index) {
    attempt(() -> links.disableLinkLocalAddress(index));
    attempt(() -> links.disableRedirects(index));
  }

  /**
   * Disables redirects for the whole network namespace. The setting is not restored afterwards, as
   * it is not after kernel WireGuard.
   */
  public static void disableRedirectsInNamespace() {
    attempt(() -> Files.writeString(ALL_REDIRECTS, "0"));
  }

  private interface Step {
    void run() throws IOException;
  }

  private static void attempt(Step step) {
    try {
      step.run();
    } catch (IOException e) {
      log.atDebug()
          .addKeyValue("cause", e.toString())
          .log("Cannot disable redirects or link-local address");
    }
  }
}
