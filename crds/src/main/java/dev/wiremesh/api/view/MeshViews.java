package dev.wiremesh.api.view;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionStatus;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.api.json.MeshObject;
import dev.wiremesh.api.v1alpha1.HostPort;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.MeshNodeEndpoint;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.api.v1alpha1.PeerStatus.RouteState;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec.Advertised;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec.PresharedKeys;
import dev.wiremesh.core.keys.LowOrderPoints;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.view.CreationOrder;
import dev.wiremesh.core.view.DeviceParameters;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.Mtu;
import dev.wiremesh.core.view.NetworkView;
import dev.wiremesh.core.view.NodeEndpoint;
import dev.wiremesh.core.view.NodeView;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.core.view.PeerView;
import dev.wiremesh.core.view.PeerView.GroupEntry;
import dev.wiremesh.core.view.RouteDecision;
import dev.wiremesh.core.wgquick.SiteRoute;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a network and what belongs to it. Objects that are being deleted are left out. No object
 * makes a method of this class throw, whatever its schema let through: an {@link #unreadable} one
 * is left out, so that one bad object affects only itself.
 */
public final class MeshViews {
  private static final Duration DEFAULT_KEEPALIVE = Duration.ofSeconds(25);

  /** The largest interval that a WireGuard device takes. */
  private static final Duration LONGEST_KEEPALIVE = Duration.ofSeconds(65535);

  private MeshViews() {}

  /**
   * Why an object has to be left out, a whole sentence; empty if it can be read. An object that is
   * left out takes nothing with it but itself: a network's members keep what they have.
   */
  public static Optional<String> unreadable(MeshObject object) {
    if (object.readProblems().isUnreadable()) {
      return Optional.of(object.readProblems().unreadableSentence());
    }
    return switch (object) {
      case Peer peer -> noDuration("spec.persistentKeepalive", peer.getSpec().persistentKeepalive);
      case WireGuardNetwork network ->
          noDuration("spec.persistentKeepalive", network.getSpec().persistentKeepalive)
              .or(() -> noDuration("spec.addressReuseAfter", network.getSpec().addressReuseAfter));
      default -> Optional.empty();
    };
  }

  private static Optional<String> noDuration(String field, @Nullable String text) {
    return text == null || readable(text, DurationText::parse).isPresent()
        ? Optional.empty()
        : Optional.of(
            "This version of Wiremesh cannot read %s: write a duration such as 25s or 1h30m."
                .formatted(field));
  }

  /**
   * The view of a network; empty until the operator has chosen everything that nodes need.
   *
   * @param nodes MeshNodes of any network
   * @param peers Peers of any network
   */
  public static Optional<MeshView> read(
      WireGuardNetwork network, Collection<MeshNode> nodes, Collection<Peer> peers) {
    var name = network.getMetadata().getName();
    return network(network)
        .map(view ->
            new MeshView(
                view,
                nodes.stream()
                    .filter(node -> name.equals(node.getSpec().networkRef.name))
                    .filter(MeshViews::isThere)
                    .filter(node -> unreadable(node).isEmpty())
                    .map(MeshViews::node)
                    .toList(),
                peers.stream()
                    .filter(peer -> name.equals(peer.getSpec().networkRef.name))
                    .filter(MeshViews::isThere)
                    .filter(peer -> unreadable(peer).isEmpty())
                    .map(MeshViews::peer)
                    .toList()));
  }

  /**
   * The network alone; empty until the operator has chosen everything that nodes need, and as long
   * as it cannot be read.
   */
  public static Optional<NetworkView> network(WireGuardNetwork network) {
    var spec = network.getSpec();
    var status = network.getStatus();
    var effective = status.effective;
    if (effective == null || unreadable(network).isPresent()) {
      return Optional.empty();
    }
    var port = effective.listenPort;
    var interfaceName = effective.interfaceName;
    var table = effective.routingTable;
    var priority = effective.rulePriority;
    if (port == null || interfaceName == null || table == null || priority == null) {
      return Optional.empty();
    }
    return Optional.of(
        NetworkView.builder(
                network.getMetadata().getName(),
                new DeviceParameters(interfaceName, port, table, priority, mtu(spec)))
            .pools(pools(spec))
            .persistentKeepalive(keepalive(spec.persistentKeepalive))
            .presharedKeys(spec.keys == null || spec.keys.presharedKeys == PresharedKeys.ENABLED)
            .gatewayPublicKey(publicKey(status.gatewayPublicKey))
            .gatewayEndpoint(endpoint(spec.gateways == null ? null : spec.gateways.endpoint))
            .hubs(spec.topology == WireGuardNetworkSpec.Topology.HUB_AND_SPOKE)
            .podsThroughMesh(
                spec.nodes != null && spec.nodes.advertise.contains(Advertised.POD_CIDRS))
            .advertised(prefixes(effective.advertisedCIDRs))
            .build());
  }

  public static NodeView node(MeshNode node) {
    var spec = node.getSpec();
    return NodeView.builder(spec.nodeName, creationOrder(node))
        .addresses(addresses(spec.addresses))
        .publicKey(publicKey(node.getStatus().publicKey))
        .gateway(spec.gateway)
        .endpoints(spec.endpoints.stream().flatMap(it -> nodeEndpoint(it).stream()).toList())
        .site(spec.site == null ? "" : spec.site)
        .relaying(relaying(node.getStatus().conditions))
        .podCidrs(readable(spec.podCIDRs, IpPrefix::parseMasked))
        .build();
  }

  private static NodeView.Relaying relaying(List<Condition> conditions) {
    boolean isImpaired =
        Conditions.has(conditions, Reason.NODE_AGENT_SILENT)
            || Conditions.find(conditions, ConditionType.DEVICE_READY)
                .filter(ready -> Conditions.has(ready, ConditionStatus.FALSE))
                .isPresent();
    return isImpaired ? NodeView.Relaying.LAST_CHOICE : NodeView.Relaying.POSSIBLE;
  }

  private static Optional<NodeEndpoint> nodeEndpoint(MeshNodeEndpoint endpoint) {
    var scope =
        switch (endpoint.type) {
          case INTERNAL_IP -> NodeEndpoint.Scope.SITE;
          case EXTERNAL_IP -> NodeEndpoint.Scope.ANYWHERE;
          case OVERRIDE -> NodeEndpoint.Scope.OVERRIDE;
        };
    return configured(endpoint).map(configured -> NodeEndpoint.of(scope, configured));
  }

  /** A peer as the operator sees it: without its own decisions on the peer's routes. */
  public static PeerView peer(Peer peer) {
    var spec = peer.getSpec();
    var status = peer.getStatus();
    var keepalive = spec.persistentKeepalive;
    return PeerView.builder(name(peer), creationOrder(peer))
        .publicKey(publicKey(status.publicKey))
        .addresses(addresses(status.addresses))
        .routes(spec.routes.stream().flatMap(MeshViews::meshBlock).toList())
        .groups(groups(spec.routes))
        .activeRoutes(activeRoutes(status.connectivity))
        .homeGateway(status.homeGateway)
        .endpoint(endpoint(spec.endpoint))
        .persistentKeepalive(keepalive == null ? null : keepalive(keepalive))
        .presharedKey(spec.presharedKey == PeerSpec.PresharedKey.NETWORK)
        .suspended(spec.suspended)
        .build();
  }

  private static Map<IpPrefix, GroupEntry> groups(List<PeerSpec.Route> routes) {
    var groups = new HashMap<IpPrefix, GroupEntry>();
    for (var route : routes) {
      var group = route.group;
      if (group != null && !group.isEmpty()) {
        meshBlock(route)
            .forEach(block -> groups.put(block, new GroupEntry(group, route.masquerade)));
      }
    }
    return groups;
  }

  /** The report of a gateway whose session with the peer has ended counts no longer. */
  private static Set<IpPrefix> activeRoutes(PeerStatus.@Nullable Connectivity connectivity) {
    return connectivity != null && connectivity.state == PeerStatus.State.CONNECTED
        ? Set.copyOf(prefixes(connectivity.activeRoutes))
        : Set.of();
  }

  /** A peer with the operator's decisions on its routes, for agents. */
  public static PeerView peerWithDecisions(Peer peer) {
    var decisions = new ArrayList<RouteDecision>();
    for (var route : peer.getStatus().routes) {
      var state = route.state;
      if (state != null) {
        readable(route.translateTo == null ? route.cidr : route.translateTo, IpPrefix::parse)
            .ifPresent(cidr -> decisions.add(decision(cidr, state, route.message)));
      }
    }
    return peer(peer).toBuilder().publishedRoutes(decisions).build();
  }

  /**
   * A route of a peer as its site has it; empty for a translation between blocks that do not match,
   * which an older schema may have let through.
   */
  public static Optional<SiteRoute> siteRoute(PeerSpec.Route route) {
    var cidr = readable(route.cidr, IpPrefix::parse);
    if (route.translateTo == null || cidr.isEmpty()) {
      return cidr.map(block -> SiteRoute.of(block, route.masquerade));
    }
    return readable(
        route.translateTo,
        block -> new SiteRoute(cidr.get(), route.masquerade, IpPrefix.parse(block)));
  }

  private static Stream<IpPrefix> meshBlock(PeerSpec.Route route) {
    return siteRoute(route).map(SiteRoute::meshBlock).stream();
  }

  private static RouteDecision decision(IpPrefix cidr, RouteState state, @Nullable String message) {
    return new RouteDecision(
        cidr,
        switch (state) {
          case ACCEPTED -> RouteDecision.State.ACCEPTED;
          case STANDBY -> RouteDecision.State.STANDBY;
          case CONFLICT -> RouteDecision.State.CONFLICT;
          case REJECTED -> RouteDecision.State.REJECTED;
        },
        message == null ? "" : message);
  }

  public static PeerName name(Peer peer) {
    return new PeerName(peer.getMetadata().getNamespace(), peer.getMetadata().getName());
  }

  public static CreationOrder creationOrder(HasMetadata object) {
    var uid = object.getMetadata().getUid();
    return new CreationOrder(
        readable(object.getMetadata().getCreationTimestamp(), MeshViews::instant)
            .orElse(Instant.MAX),
        uid == null ? "" : uid);
  }

  private static Instant instant(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** A keepalive in the range that devices take. */
  public static Duration keepalive(String text) {
    var keepalive = DurationText.parseOr(text, DEFAULT_KEEPALIVE);
    return keepalive.compareTo(LONGEST_KEEPALIVE) > 0 ? LONGEST_KEEPALIVE : keepalive;
  }

  private static boolean isThere(HasMetadata object) {
    return object.getMetadata().getDeletionTimestamp() == null;
  }

  private static List<IpPrefix> pools(WireGuardNetworkSpec spec) {
    return prefixes(spec.addressPools.stream().map(pool -> pool.cidr).toList());
  }

  private static Mtu mtu(WireGuardNetworkSpec spec) {
    var mtu = spec.mtu;
    return mtu == null || mtu.getIntVal() == null ? new Mtu.Auto() : new Mtu.Fixed(mtu.getIntVal());
  }

  private static List<IpPrefix> prefixes(List<String> texts) {
    return readable(texts, IpPrefix::parse);
  }

  private static List<IpAddress> addresses(List<String> texts) {
    return readable(texts, IpAddress::parse);
  }

  private static <T> List<T> readable(List<String> texts, Function<String, T> parse) {
    var values = new ArrayList<T>();
    for (var text : texts) {
      readable(text, parse).ifPresent(values::add);
    }
    return values;
  }

  private static <T> Optional<T> readable(@Nullable String text, Function<String, T> parse) {
    try {
      return Optional.ofNullable(text).map(parse);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static @Nullable PublicKey publicKey(@Nullable String text) {
    return readable(text, PublicKey::parse)
        .filter(key -> !LowOrderPoints.contain(key))
        .orElse(null);
  }

  /** Where an object says that something can be dialled; empty if that cannot be read. */
  public static Optional<ConfiguredEndpoint> configured(HostPort endpoint) {
    return readable(endpoint.host, host -> new ConfiguredEndpoint(host, endpoint.port));
  }

  private static @Nullable ConfiguredEndpoint endpoint(@Nullable HostPort endpoint) {
    return endpoint == null ? null : configured(endpoint).orElse(null);
  }
}
