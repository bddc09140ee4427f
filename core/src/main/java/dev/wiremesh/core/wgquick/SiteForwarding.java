package dev.wiremesh.core.wgquick;

import dev.wiremesh.core.net.IpAddress.Family;
import java.util.ArrayList;
import java.util.Set;

/**
 * The shell commands that make a Linux host forward packets, and that restore its settings.
 *
 * <p>The settings before the first change are kept below /run, once for all interfaces: of two site
 * interfaces on a host the last one that goes down restores them. The file survives a crash of the
 * tunnel and not a restart of the host, as the settings themselves do.
 */
final class SiteForwarding {
  private static final String FOLDER = "d=/run/wiremesh-site; cd /proc/sys/net";

  // In the order in which they are restored: ip_forward and all/forwarding set the others.
  private static final String SETTINGS =
      "ipv4/ip_forward ipv4/conf/*/forwarding ipv4/conf/all/accept_redirects"
          + " ipv6/conf/*/forwarding ipv6/conf/*/accept_ra";

  private static final String SAVE =
      "mkdir -p $d/users/%i; [ -s $d/before ] || { grep -s '' "
          + SETTINGS
          + " > $d/new || true; mv $d/new $d/before; }";

  private static final String FORWARD_IPV4 =
      "[ \"$(cat ipv4/ip_forward)\" = 1 ] || echo 1 > ipv4/ip_forward";

  // A forwarding Linux host drops the default route that its router advertised, unless accept_ra
  // is 2.
  private static final String FORWARD_IPV6 =
      "[ \"$(cat ipv6/conf/all/forwarding)\" = 1 ] || {"
          + " for f in ipv6/conf/*/accept_ra; do [ \"$(cat $f)\" != 1 ] || echo 2 > $f; done;"
          + " echo 1 > ipv6/conf/all/forwarding; }";

  // No '#', which starts a comment in a wg-quick file. The interfaces that are gone use the
  // settings no more, this one and those of a crash.
  private static final String RESTORE =
      "for u in $d/users/*; do"
          + " [ -d \"ipv4/conf/$(basename \"$u\")\" ] || rmdir \"$u\" 2> /dev/null || true; done;"
          + " if rmdir $d/users 2> /dev/null; then while IFS=: read -r k v; do"
          + " [ ! -e $k ] || [ \"$(cat $k)\" = $v ] || echo $v > $k; done < $d/before;"
          + " rm -r $d; fi";

  private SiteForwarding() {}

  /** The command that turns on forwarding for the families. */
  static String enable(Set<Family> families) {
    var steps = new ArrayList<String>();
    steps.add(FOLDER);
    steps.add(SAVE);
    if (families.contains(Family.IPV4)) {
      steps.add(FORWARD_IPV4);
    }
    if (families.contains(Family.IPV6)) {
      steps.add(FORWARD_IPV6);
    }
    return String.join("; ", steps);
  }

  /** The command that restores the settings after the interface is gone. */
  static String restore() {
    return FOLDER + "; " + RESTORE;
  }
}
