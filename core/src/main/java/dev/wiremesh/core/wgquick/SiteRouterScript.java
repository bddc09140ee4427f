package dev.wiremesh.core.wgquick;

import dev.wiremesh.core.wgquick.WgQuickConfig.Hook;
import dev.wiremesh.core.wgquick.WgQuickConfig.HookPoint;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The wg-quick hooks of a Linux client that routes the networks behind it: IP forwarding,
 * masquerading for networks whose router has no route back, 1:1 translation of networks that the
 * mesh knows under another prefix, and an MSS clamp for TCP.
 *
 * <p>The hooks can run again after a crash, and undo no more than they did. The firewall comes
 * first: wg-quick stops at the first hook that fails, and runs no PostDown then.
 */
public final class SiteRouterScript {
  private SiteRouterScript() {}

  /** The hooks in the order of the file; empty for a client without routes. */
  public static List<Hook> hooks(List<SiteRoute> routes) {
    if (routes.isEmpty()) {
      return List.of();
    }
    var up = new ArrayList<Hook>();
    var down = new ArrayList<Hook>();
    var firewall = new SiteFirewall(routes);
    up.add(new Hook(firewallComments(routes), HookPoint.POST_UP, firewall.up()));
    down.add(new Hook(List.of(), HookPoint.POST_DOWN, firewall.down()));
    var families = routes.stream().map(route -> route.cidr().family()).collect(Collectors.toSet());
    up.add(
        new Hook(
            List.of(
                "This device brings "
                    + blocks(routes)
                    + " to the others: on Linux it has to forward."),
            HookPoint.POST_UP,
            SiteForwarding.enable(families)));
    down.add(
        new Hook(
            List.of("Its settings become what they were."),
            HookPoint.POST_DOWN,
            SiteForwarding.restore()));
    up.addAll(down);
    return List.copyOf(up);
  }

  /** The nft command that masquerades, translates and clamps the MSS; empty without routes. */
  public static List<String> nftCommands(List<SiteRoute> routes) {
    return routes.isEmpty() ? List.of() : List.of(new SiteFirewall(routes).nft());
  }

  /** The nft command that clamps the MSS and changes no addresses; empty without routes. */
  public static List<String> nftClampCommands(List<SiteRoute> routes) {
    return routes.isEmpty() ? List.of() : List.of(new SiteFirewall(routes).nftClamp());
  }

  /**
   * The nft chains that translate, one a line, for a table of the inet family that another program
   * makes.
   *
   * @param device the name of the interface, which the names of the chains start with
   */
  public static List<String> translationChains(List<SiteRoute> routes, String device) {
    return new SiteFirewall(routes)
        .translationChains(device).stream().map(line -> line.replace("%i", device)).toList();
  }

  private static List<String> firewallComments(List<SiteRoute> routes) {
    var comments = new ArrayList<String>();
    for (var route : routes) {
      if (route.isTranslated()) {
        comments.add("The others know " + route.cidr() + " as " + route.meshBlock() + ".");
      }
    }
    var masqueraded = routes.stream().filter(SiteRoute::masquerade).toList();
    if (!masqueraded.isEmpty()) {
      comments.add(
          "The router of "
              + masqueraded.stream()
                  .map(route -> route.cidr().toString())
                  .collect(Collectors.joining(", "))
              + " knows no way back, so this device answers for the others (nft, else iptables).");
    }
    comments.add("TCP segments through the tunnel fit its MTU, also where ICMP errors are lost.");
    return comments;
  }

  private static String blocks(List<SiteRoute> routes) {
    return routes.stream().map(route -> route.cidr().toString()).collect(Collectors.joining(", "));
  }
}
