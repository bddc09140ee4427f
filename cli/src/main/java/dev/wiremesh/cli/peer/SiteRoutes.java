package dev.wiremesh.cli.peer;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.core.net.InvalidAddressException;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.wgquick.AddressWithPrefix;
import dev.wiremesh.core.wgquick.SiteRoute;
import dev.wiremesh.core.wgquick.WgQuickConfig;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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
            .map(route -> route.cidr)
            .collect(Collectors.toSet());
    return peer.getSpec().routes.stream()
        .filter(route -> inUse.contains(route.cidr))
        .flatMap(route -> read(route, families))
        .toList();
  }

  private static Stream<SiteRoute> read(PeerSpec.Route route, Set<Family> families) {
    return parse(route.cidr)
        .filter(cidr -> families.contains(cidr.family()))
        .map(cidr -> new SiteRoute(cidr, route.masquerade))
        .stream();
  }

  private static Optional<IpPrefix> parse(String cidr) {
    try {
      return Optional.of(IpPrefix.parse(cidr));
    } catch (InvalidAddressException _) {
      // The API server validates the text; an object that came past it has no such route.
      return Optional.empty();
    }
  }
}
