package dev.wiremesh.cli.peer;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.wgquick.AddressWithPrefix;
import dev.wiremesh.core.wgquick.SiteRoute;
import dev.wiremesh.core.wgquick.WgQuickConfig;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The networks behind a Peer that its device has to forward to. */
public final class SiteRoutes {
  // A route on standby carries packets as soon as another device fails.
  private static final Set<PeerStatus.RouteState> IN_USE =
      Set.of(PeerStatus.RouteState.ACCEPTED, PeerStatus.RouteState.STANDBY);

  private SiteRoutes() {}

  /** Those of the routes in force whose address family the configuration has an address of. */
  public static List<SiteRoute> of(Peer peer, WgQuickConfig config) {
    var families =
        config.device().addresses().stream()
            .map(AddressWithPrefix::address)
            .map(address -> address.family())
            .collect(Collectors.toSet());
    var inUse =
        peer.getStatus().routes.stream()
            .filter(route -> route.state != null && IN_USE.contains(route.state))
            .map(route -> route.translateTo == null ? route.cidr : route.translateTo)
            .collect(Collectors.toSet());
    return peer.getSpec().routes.stream()
        .flatMap(route -> MeshViews.siteRoute(route).stream())
        .filter(route -> inUse.contains(route.meshBlock().toString()))
        .filter(route -> families.contains(route.cidr().family()))
        .toList();
  }
}
