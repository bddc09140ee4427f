package dev.wiremesh.api.view;

import dev.wiremesh.api.v1alpha1.HostPort;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec.Advertised;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec.PresharedKeys;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.CreationOrder;
import dev.wiremesh.core.topology.DeviceParameters;
import dev.wiremesh.core.topology.MeshView;
import dev.wiremesh.core.topology.Mtu;
import dev.wiremesh.core.topology.NetworkView;
import dev.wiremesh.core.topology.NodeView;
import dev.wiremesh.core.topology.PeerName;
import dev.wiremesh.core.topology.PeerView;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads a network and what belongs to it. Objects that are being deleted are gone already; a text
 * that a later version of the schema let through and we cannot read is as if it were absent, so
 * that one bad object affects only itself.
 */
public final class MeshViews {
  /** What a network allows peers to bring when its spec does not say: the private ranges. */
  public static final List<String> PRIVATE_RANGES =
      List.of("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7");

  private MeshViews() {}

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
                    .map(MeshViews::node)
                    .toList(),
                peers.stream()
                    .filter(peer -> name.equals(peer.getSpec().networkRef.name))
                    .filter(MeshViews::isThere)
                    .map(MeshViews::peer)
                    .toList()));
  }

  /** The network alone; empty until the operator has chosen everything that nodes need. */
  public static Optional<NetworkView> network(WireGuardNetwork network) {
    var spec = network.getSpec();
    var status = network.getStatus();
    var effective = status.effective;
    if (effective == null) {
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
            .allowedPeerRoutes(
                prefixes(spec.peerRoutes == null ? PRIVATE_RANGES : spec.peerRoutes.allowed))
            .clusterCidrs(prefixes(effective.clusterCIDRs))
            .persistentKeepalive(DurationText.parse(spec.persistentKeepalive))
            .presharedKeys(spec.keys == null || spec.keys.presharedKeys == PresharedKeys.ENABLED)
            .gatewayPublicKey(publicKey(status.gatewayPublicKey))
            .gatewayEndpoint(endpoint(spec.gateways == null ? null : spec.gateways.endpoint))
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
        .endpoint(spec.endpoints.stream().findFirst().map(MeshViews::endpoint).orElse(null))
        .underlayAddresses(addresses(spec.endpoints.stream().map(it -> it.host).toList()))
        .podCidrs(readable(spec.podCIDRs, IpPrefix::parseMasked))
        .build();
  }

  public static PeerView peer(Peer peer) {
    var spec = peer.getSpec();
    var status = peer.getStatus();
    var keepalive = spec.persistentKeepalive;
    return PeerView.builder(name(peer), creationOrder(peer))
        .publicKey(publicKey(status.publicKey))
        .addresses(addresses(status.addresses))
        .routes(prefixes(spec.routes.stream().map(route -> route.cidr).toList()))
        .homeGateway(status.homeGateway)
        .endpoint(endpoint(spec.endpoint))
        .persistentKeepalive(keepalive == null ? null : DurationText.parse(keepalive))
        .presharedKey(spec.presharedKey == PeerSpec.PresharedKey.NETWORK)
        .suspended(spec.suspended)
        .build();
  }

  public static PeerName name(Peer peer) {
    return new PeerName(peer.getMetadata().getNamespace(), peer.getMetadata().getName());
  }

  public static CreationOrder creationOrder(HasMetadata object) {
    var created = object.getMetadata().getCreationTimestamp();
    return new CreationOrder(
        created == null ? Instant.MAX : Instant.parse(created), object.getMetadata().getUid());
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
    return readable(text, PublicKey::parse).orElse(null);
  }

  private static @Nullable ConfiguredEndpoint endpoint(@Nullable HostPort endpoint) {
    return endpoint == null || endpoint.host.isBlank()
        ? null
        : new ConfiguredEndpoint(endpoint.host, endpoint.port);
  }
}
