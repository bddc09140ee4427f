package dev.wiremesh.core.wgquick;

import dev.wiremesh.core.net.IpAddress.Family;
import java.util.ArrayList;

/** The settings of a site router in words, for a device that runs no commands. */
public final class SiteInstructions {
  private SiteInstructions() {}

  /** One sentence for one route. */
  public static String byHand(SiteRoute route) {
    var cidr = route.cidr();
    var settings = new ArrayList<String>();
    settings.add(
        "forward between the tunnel and %s (on Linux %s)"
            .formatted(
                cidr,
                cidr.family() == Family.IPV4
                    ? "net.ipv4.ip_forward=1"
                    : "net.ipv6.conf.all.forwarding=1"));
    if (route.isTranslated()) {
      settings.add(
          "translate 1:1 the destinations %s of packets from the tunnel to %s, and the sources %s of packets into the tunnel to %s"
              .formatted(route.meshBlock(), cidr, cidr, route.meshBlock()));
    }
    if (route.masquerade()) {
      settings.add("masquerade packets from the tunnel to %s".formatted(cidr));
    }
    settings.add("clamp the MSS of TCP connections through the tunnel to the path MTU");
    return "Set on the peer's device by hand: " + String.join("; ", settings) + ".";
  }
}
