package dev.wiremesh.core.view;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An outside peer as a Peer object describes it: a laptop, a phone, an office router.
 *
 * @param publicKey null until it is known
 * @param addresses its addresses in the mesh, at most one a family; empty until allocated
 * @param suspended true for a peer that keeps its address and gets no session
 */
public record PeerView(
    PeerName name,
    CreationOrder creationOrder,
    @Nullable PublicKey publicKey,
    List<IpAddress> addresses,
    Routes routes,
    SessionParameters session,
    boolean suspended) {
  public PeerView {
    addresses = List.copyOf(addresses);
  }

  /**
   * The prefixes behind the peer.
   *
   * @param requested as its spec lists them, accepted or not
   * @param published the operator's decisions as its status lists them; empty in the operator's own
   *     views
   * @param groups the requested prefixes that belong to a group
   * @param active prefixes of groups that the peer's gateway reports as carried by this peer
   */
  public record Routes(
      List<IpPrefix> requested,
      List<RouteDecision> published,
      Map<IpPrefix, GroupEntry> groups,
      Set<IpPrefix> active) {
    public Routes {
      requested = List.copyOf(requested);
      published = List.copyOf(published);
      groups = Map.copyOf(groups);
      active = Set.copyOf(active);
    }
  }

  /**
   * The entry of a route in a group of routes.
   *
   * @param group the name of the group
   * @param masquerade whether the site replies to this peer by source NAT
   */
  public record GroupEntry(String group, boolean masquerade) {}

  /**
   * The session between the peer and its gateway.
   *
   * @param homeGateway the node that holds the session; null until chosen
   * @param endpoint where the gateway dials the peer; null for a peer that only dials
   * @param persistentKeepalive null for the network's
   * @param presharedKey whether the peer takes part in the network's preshared keys
   */
  public record SessionParameters(
      @Nullable String homeGateway,
      @Nullable ConfiguredEndpoint endpoint,
      @Nullable Duration persistentKeepalive,
      boolean presharedKey) {}

  /** A peer without key, addresses, routes and home gateway, with a preshared key. */
  public static Builder builder(PeerName name, CreationOrder creationOrder) {
    return new Builder(name, creationOrder);
  }

  public Builder toBuilder() {
    return builder(name, creationOrder)
        .publicKey(publicKey)
        .addresses(addresses)
        .routes(routes.requested)
        .publishedRoutes(routes.published)
        .groups(routes.groups)
        .activeRoutes(routes.active)
        .homeGateway(session.homeGateway)
        .endpoint(session.endpoint)
        .persistentKeepalive(session.persistentKeepalive)
        .presharedKey(session.presharedKey)
        .suspended(suspended);
  }

  /** Builds a peer; used by one thread. */
  public static final class Builder {
    private final PeerName name;
    private final CreationOrder creationOrder;
    private @Nullable PublicKey publicKey;
    private List<IpAddress> addresses = List.of();
    private List<IpPrefix> routes = List.of();
    private List<RouteDecision> publishedRoutes = List.of();
    private Map<IpPrefix, GroupEntry> groups = Map.of();
    private Set<IpPrefix> activeRoutes = Set.of();
    private @Nullable String homeGateway;
    private @Nullable ConfiguredEndpoint endpoint;
    private @Nullable Duration persistentKeepalive;
    private boolean presharedKey = true;
    private boolean suspended;

    private Builder(PeerName name, CreationOrder creationOrder) {
      this.name = name;
      this.creationOrder = creationOrder;
    }

    public Builder publicKey(@Nullable PublicKey publicKey) {
      this.publicKey = publicKey;
      return this;
    }

    public Builder addresses(List<IpAddress> addresses) {
      this.addresses = addresses;
      return this;
    }

    public Builder routes(List<IpPrefix> routes) {
      this.routes = routes;
      return this;
    }

    public Builder publishedRoutes(List<RouteDecision> publishedRoutes) {
      this.publishedRoutes = publishedRoutes;
      return this;
    }

    public Builder groups(Map<IpPrefix, GroupEntry> groups) {
      this.groups = groups;
      return this;
    }

    public Builder activeRoutes(Set<IpPrefix> activeRoutes) {
      this.activeRoutes = activeRoutes;
      return this;
    }

    public Builder homeGateway(@Nullable String homeGateway) {
      this.homeGateway = homeGateway;
      return this;
    }

    public Builder endpoint(@Nullable ConfiguredEndpoint endpoint) {
      this.endpoint = endpoint;
      return this;
    }

    public Builder persistentKeepalive(@Nullable Duration persistentKeepalive) {
      this.persistentKeepalive = persistentKeepalive;
      return this;
    }

    public Builder presharedKey(boolean presharedKey) {
      this.presharedKey = presharedKey;
      return this;
    }

    public Builder suspended(boolean suspended) {
      this.suspended = suspended;
      return this;
    }

    public PeerView build() {
      return new PeerView(
          name,
          creationOrder,
          publicKey,
          addresses,
          new Routes(routes, publishedRoutes, groups, activeRoutes),
          new SessionParameters(homeGateway, endpoint, persistentKeepalive, presharedKey),
          suspended);
    }
  }
}
