package dev.wiremesh.core.topology;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.route.ForbiddenRanges;
import dev.wiremesh.core.route.MeshMembers;
import dev.wiremesh.core.route.RoutePermissions;
import dev.wiremesh.core.route.RouteRules;
import dev.wiremesh.core.view.CreationOrder;
import dev.wiremesh.core.view.DeviceParameters;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.Mtu;
import dev.wiremesh.core.view.NetworkView;
import dev.wiremesh.core.view.NodeEndpoint;
import dev.wiremesh.core.view.NodeView;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.core.view.PeerView;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Small meshes with default values for everything that a test does not set. */
public final class Meshes {
  public static final PublicKey GATEWAY_KEY = key("gateway identity");
  public static final Duration KEEPALIVE = Duration.ofSeconds(25);

  public static final List<IpPrefix> ALLOWED =
      prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7");
  public static final RoutePermissions PRIVATE_ROUTES = new RoutePermissions(ALLOWED, Map.of());
  public static final List<IpPrefix> CLUSTER = prefixes("10.244.0.0/16", "10.96.0.0/12");

  private Meshes() {}

  public static NetworkView network() {
    return NetworkView.builder(
            "home", new DeviceParameters("wm-home", 51900, 5190, 519, new Mtu.Auto()))
        .pools(prefixes("10.70.0.0/16", "fd70::/64"))
        .persistentKeepalive(KEEPALIVE)
        .presharedKeys(true)
        .gatewayPublicKey(GATEWAY_KEY)
        .build();
  }

  /** The operator's rules for {@link #network}: private ranges are allowed. */
  public static RouteRules rules(MeshView view) {
    return new RouteRules(view.network().name(), PRIVATE_ROUTES, forbidden(view).build());
  }

  /** The ranges that a view forbids, and those of a cluster. */
  public static ForbiddenRanges.Builder forbidden(MeshView view) {
    var forbidden = ForbiddenRanges.builder().addAll(ForbiddenRanges.of(view));
    CLUSTER.forEach(range -> forbidden.forbid(range, "the cluster's pods or Services"));
    return forbidden;
  }

  public static MeshMembers members(MeshView view) {
    return Topology.members(view, rules(view));
  }

  public static Optional<NodePlan> planFor(String node, MeshView view) {
    return Topology.planFor(node, view, rules(view));
  }

  /** Node a has mesh address .1 and the endpoint 172.31.0.1, node b .2, and so on. */
  public static NodeView node(String name) {
    int number = name.charAt(name.length() - 1) - 'a' + 1;
    return NodeView.builder(name, created(number, "uid-" + name))
        .addresses(addresses("10.70.0." + number, "fd70::" + number))
        .publicKey(key(name))
        .endpoints(internal("172.31.0." + number))
        .podCidrs(prefixes("10.244." + number + ".0/24"))
        .build();
  }

  /** Endpoints for the nodes of the same site. */
  public static List<NodeEndpoint> internal(String... addresses) {
    return endpoints(NodeEndpoint.Scope.SITE, addresses);
  }

  public static List<NodeEndpoint> endpoints(NodeEndpoint.Scope scope, String... hosts) {
    return Stream.of(hosts)
        .map(host -> NodeEndpoint.of(scope, new ConfiguredEndpoint(host, 51900)))
        .toList();
  }

  public static NodeView gateway(String name) {
    return node(name).toBuilder().gateway(true).build();
  }

  public static NodeView withoutKey(NodeView node) {
    return node.toBuilder().publicKey(null).build();
  }

  /** A peer with a key of its own, at home on node-a. */
  public static PeerView.Builder peer(String name, int second, String address) {
    return peer("default", name, second, address);
  }

  public static PeerView.Builder peer(String namespace, String name, int second, String address) {
    return PeerView.builder(new PeerName(namespace, name), created(second, "uid-" + name))
        .publicKey(key(namespace.equals("default") ? name : namespace + "/" + name))
        .addresses(addresses(address))
        .homeGateway("node-a");
  }

  public static CreationOrder created(int second, String uid) {
    return new CreationOrder(Instant.parse("2026-03-01T12:00:00Z").plusSeconds(second), uid);
  }

  public static PublicKey key(String name) {
    return PublicKey.of(Arrays.copyOf(name.getBytes(StandardCharsets.US_ASCII), 32));
  }

  public static List<IpAddress> addresses(String... texts) {
    return Stream.of(texts).map(IpAddress::parse).toList();
  }

  public static List<IpPrefix> prefixes(String... texts) {
    return Stream.of(texts).map(IpPrefix::parse).toList();
  }

  public static List<RoutePlan> routes(String... texts) {
    return Stream.of(texts).map(Meshes::route).toList();
  }

  private static RoutePlan route(String text) {
    var words = text.split(" of ");
    return RoutePlan.toDevice(
        IpPrefix.parse(words[0]),
        words.length == 1
            ? RouteOrigin.POOL
            : words[1].contains("/")
                ? new RouteOrigin(RouteOrigin.Kind.PEER, words[1])
                : RouteOrigin.node(words[1]));
  }
}
