package dev.wiremesh.wireguard.linux.tun;

import dev.wiremesh.wireguard.linux.netlink.Links;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a new interface as quiet as the kernel's WireGuard makes its own: without a link-local
 * address that nobody gave it, it looks for no routers, which would begin handshakes as soon as it
 * is up; and who goes from one peer to another by us is not told that there is a shorter way, since
 * there is none. Moved to another namespace, it begins with what is usual there.
 */
public final class InterfaceDefaults {
  private static final Logger log = LoggerFactory.getLogger(InterfaceDefaults.class);

  /** Redirects are sent if this or the interface's own setting says so. */
  private static final Path ALL_REDIRECTS = Path.of("/proc/sys/net/ipv4/conf/all/send_redirects");

  private InterfaceDefaults() {}

  /** As far as the kernel lets us; the interface works without. */
  static void make(Links links, int index) {
    attempt(() -> links.setNoLinkLocalAddress(index));
    attempt(() -> links.setNoRedirects(index));
  }

  /**
   * What of this stands in a switch of the whole network namespace. Nobody puts it back, as nobody
   * does after the kernel's WireGuard.
   */
  public static void allowNoRedirects() {
    attempt(() -> Files.writeString(ALL_REDIRECTS, "0"));
  }

  private interface Step {
    void run() throws IOException;
  }

  private static void attempt(Step step) {
    try {
      step.run();
    } catch (IOException e) {
      log.atDebug().addKeyValue("cause", e.toString()).log("The interface is less quiet");
    }
  }
}
