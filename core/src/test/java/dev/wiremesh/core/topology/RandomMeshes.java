package dev.wiremesh.core.topology;

import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.NetworkView;
import dev.wiremesh.core.view.NodeEndpoint;
import dev.wiremesh.core.view.NodeView;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.core.view.PeerView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Random meshes in which each value can be missing, duplicated or in conflict. */
record RandomMeshes(Random random) {
  MeshView view() {
    var nodes = new ArrayList<NodeView>();
    int nodeCount = 1 + random.nextInt(6);
    for (int i = 0; i < nodeCount; i++) {
      nodes.add(node(i));
    }
    var peers = new ArrayList<PeerView>();
    int peerCount = random.nextInt(10);
    for (int i = 0; i < peerCount; i++) {
      peers.add(peer(i, nodeCount));
    }
    return new MeshView(network(), nodes, peers);
  }

  NetworkView network() {
    return Meshes.network().toBuilder()
        .persistentKeepalive(Duration.ofSeconds(random.nextInt(2) * 25))
        .presharedKeys(random.nextBoolean())
        .hubs(random.nextBoolean())
        .gatewayPublicKey(random.nextInt(8) == 0 ? null : Meshes.GATEWAY_KEY)
        .podsThroughMesh(random.nextBoolean())
        .advertised(random.nextBoolean() ? List.of() : Meshes.prefixes("10.96.0.0/12"))
        .build();
  }

  NodeView node(int i) {
    return NodeView.builder("node-" + i, Meshes.created(random.nextInt(3), "uid-node-" + i))
        .addresses(rarely() ? List.of() : List.of(address("10.70.0.", i), address("fd70::", i)))
        .publicKey(rarely() ? null : Meshes.key("node-" + (rarely() ? 0 : i)))
        .gateway(random.nextBoolean())
        .endpoints(endpoints(i + 1))
        .site(random.nextBoolean() ? "" : "site-" + random.nextInt(3))
        .relaying(rarely() ? NodeView.Relaying.LAST_CHOICE : NodeView.Relaying.POSSIBLE)
        .podCidrs(Meshes.prefixes("10.244." + (rarely() ? 0 : i) + ".0/24"))
        .build();
  }

  /** Of one family or both, with or without ExternalIPs and an override. */
  private List<NodeEndpoint> endpoints(int number) {
    var endpoints = new ArrayList<NodeEndpoint>();
    if (rarely()) {
      endpoints.addAll(
          Meshes.endpoints(
              NodeEndpoint.Scope.OVERRIDE,
              random.nextBoolean() ? "node.example.org" : "203.0.113." + number));
    }
    if (!rarely()) {
      endpoints.addAll(Meshes.internal("172.31.0." + number));
    }
    if (random.nextInt(3) == 0) {
      endpoints.addAll(Meshes.internal("fd31::" + number));
    }
    if (random.nextInt(3) == 0) {
      endpoints.addAll(Meshes.endpoints(NodeEndpoint.Scope.ANYWHERE, "198.51.100." + number));
    }
    if (random.nextInt(4) == 0) {
      endpoints.addAll(Meshes.endpoints(NodeEndpoint.Scope.ANYWHERE, "2001:db8::" + number));
    }
    return endpoints;
  }

  PeerView peer(int i, int nodes) {
    var name = new PeerName(random.nextBoolean() ? "default" : "team", "peer-" + i);
    return PeerView.builder(name, Meshes.created(random.nextInt(3), "uid-peer-" + i))
        .publicKey(rarely() ? null : Meshes.key("peer-" + (rarely() ? 0 : i)))
        .addresses(rarely() ? List.of() : List.of(address("10.70.1.", rarely() ? 0 : i)))
        .routes(routes())
        .endpoint(random.nextBoolean() ? null : new ConfiguredEndpoint("peer.example.org", 51820))
        .persistentKeepalive(random.nextBoolean() ? null : Duration.ofSeconds(10))
        .presharedKey(random.nextBoolean())
        .suspended(rarely())
        .homeGateway(homeGateway(nodes))
        .build();
  }

  private @Nullable String homeGateway(int nodes) {
    return rarely() ? null : "node-" + random.nextInt(nodes + 1);
  }

  private List<IpPrefix> routes() {
    var routes = new ArrayList<IpPrefix>();
    for (int i = random.nextInt(4); i > 0; i--) {
      routes.add(
          switch (random.nextInt(8)) {
            case 0 -> IpPrefix.parse("0.0.0.0/0");
            case 1 -> IpPrefix.parse("10.70.9.0/24");
            case 2 -> IpPrefix.parse("172.31.0.0/29");
            case 3 -> IpPrefix.parse("198.51.100.0/24");
            case 4 -> IpPrefix.parse("192.168.0.0/16");
            default -> IpPrefix.parse("192.168." + random.nextInt(4) + ".0/24");
          });
    }
    return routes;
  }

  private static IpAddress address(String front, int i) {
    return IpAddress.parse(front + (i + 1));
  }

  private boolean rarely() {
    return random.nextInt(8) == 0;
  }
}
