package dev.wiremesh.core.topology;

import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Meshes where everything can be missing, doubled or in conflict. */
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
    var usual = Meshes.network();
    return new NetworkView(
        usual.name(),
        usual.pools(),
        usual.allowedPeerRoutes(),
        usual.clusterCidrs(),
        usual.device(),
        Duration.ofSeconds(random.nextInt(2) * 25),
        random.nextBoolean(),
        random.nextInt(8) == 0 ? null : Meshes.GATEWAY_KEY,
        null,
        random.nextBoolean(),
        random.nextBoolean() ? List.of() : Meshes.prefixes("10.96.0.0/12"));
  }

  NodeView node(int i) {
    return new NodeView(
        "node-" + i,
        Meshes.age(random.nextInt(3), "uid-node-" + i),
        rarely() ? List.of() : List.of(address("10.70.0.", i), address("fd70::", i)),
        rarely() ? null : Meshes.key("node-" + (rarely() ? 0 : i)),
        random.nextBoolean() ? null : new ConfiguredEndpoint("172.31.0." + (i + 1), 51900),
        random.nextBoolean(),
        List.of(address("172.31.0.", i)),
        Meshes.prefixes("10.244." + (rarely() ? 0 : i) + ".0/24"));
  }

  PeerView peer(int i, int nodes) {
    return new PeerView(
        new PeerName(random.nextBoolean() ? "default" : "team", "peer-" + i),
        Meshes.age(random.nextInt(3), "uid-peer-" + i),
        rarely() ? null : Meshes.key("peer-" + (rarely() ? 0 : i)),
        rarely() ? List.of() : List.of(address("10.70.1.", rarely() ? 0 : i)),
        routes(),
        random.nextBoolean() ? null : new ConfiguredEndpoint("peer.example.org", 51820),
        random.nextBoolean() ? null : Duration.ofSeconds(10),
        random.nextBoolean(),
        rarely(),
        homeGateway(nodes));
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
