package dev.wiremesh.core.topology;

import static dev.wiremesh.core.topology.Meshes.GATEWAY_KEY;
import static dev.wiremesh.core.topology.Meshes.KEEPALIVE;
import static dev.wiremesh.core.topology.Meshes.addresses;
import static dev.wiremesh.core.topology.Meshes.gateway;
import static dev.wiremesh.core.topology.Meshes.key;
import static dev.wiremesh.core.topology.Meshes.network;
import static dev.wiremesh.core.topology.Meshes.node;
import static dev.wiremesh.core.topology.Meshes.peer;
import static dev.wiremesh.core.topology.Meshes.prefixes;
import static dev.wiremesh.core.topology.Meshes.routes;
import static dev.wiremesh.core.topology.Meshes.withoutKey;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.membership.Finding;
import dev.wiremesh.core.membership.Finding.Cause;
import dev.wiremesh.core.membership.Finding.Kind;
import dev.wiremesh.core.membership.Finding.Subject;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.Mtu;
import dev.wiremesh.core.view.PeerName;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TopologyTest {
  private static final MeshView HOME =
      new MeshView(
          network(),
          List.of(gateway("node-a"), node("node-b"), withoutKey(node("node-c"))),
          List.of(
              peer("laptop", 1, "10.70.1.1").build(),
              peer("office", 2, "10.70.1.2")
                  .routes(prefixes("192.168.200.0/24", "8.8.8.0/24"))
                  .endpoint(new ConfiguredEndpoint("office.example.org", 51820))
                  .build(),
              peer("lost", 3, "10.70.1.3")
                  .routes(prefixes("192.168.7.0/24"))
                  .suspended(true)
                  .build()));

  private static final List<Finding> HOME_FINDINGS =
      List.of(
          new Finding(
              new Subject(Kind.NODE, "node-c"),
              Cause.KEY_NOT_READY,
              "Node node-c has no public key yet: its agent has not reported one."),
          new Finding(
              new Subject(Kind.PEER, "default/lost"),
              Cause.SUSPENDED,
              "Peer default/lost is suspended."),
          new Finding(
              new Subject(Kind.PEER, "default/office"),
              Cause.ROUTE_REJECTED,
              "Peer default/office cannot bring 8.8.8.0/24: network home does not allow it. Add to the spec of WireGuardNetwork home:"
                  + " peerRoutes: {allowed: [8.8.8.0/24]} - or, for namespace default alone:"
                  + " peerRoutes: {grants: [{namespaces: {matchLabels: {kubernetes.io/metadata.name:"
                  + " default}}, allowed: [8.8.8.0/24]}]}"));

  @Test
  void gatewayHoldsItsOutsidePeersUnderTheSharedIdentity() {
    assertThat(Meshes.planFor("node-a", HOME))
        .contains(
            new NodePlan(
                "home",
                "node-a",
                new DevicePlan(
                    "wm-home",
                    51900,
                    addresses("10.70.0.1", "fd70::1"),
                    Set.of(IdentityKind.NODE, IdentityKind.GATEWAY),
                    new Mtu.Auto(),
                    List.of(
                        PeerPlan.outside(new PeerName("default", "laptop"), key("laptop"))
                            .addresses(addresses("10.70.1.1"))
                            .presharedKey(true)
                            .allowedIps(prefixes("10.70.1.1/32"))
                            .build(),
                        PeerPlan.outside(new PeerName("default", "office"), key("office"))
                            .addresses(addresses("10.70.1.2"))
                            .presharedKey(true)
                            .endpoint(new ConfiguredEndpoint("office.example.org", 51820))
                            .persistentKeepalive(KEEPALIVE)
                            .allowedIps(prefixes("10.70.1.2/32", "192.168.200.0/24"))
                            .build(),
                        PeerPlan.node("node-b", key("node-b"))
                            .addresses(addresses("10.70.0.2", "fd70::2"))
                            .presharedKey(true)
                            .endpoint(new ConfiguredEndpoint("172.31.0.2", 51900))
                            .persistentKeepalive(KEEPALIVE)
                            .allowedIps(prefixes("10.70.0.2/32", "fd70::2/128"))
                            .build())),
                RoutingPlan.ofTable(
                    new RouteTablePlan(
                        5190,
                        routes("10.70.0.0/16", "192.168.200.0/24 of default/office", "fd70::/64")),
                    519,
                    true,
                    null),
                List.of(),
                HOME_FINDINGS));
  }

  @Test
  void otherNodesReachOutsidePeersThroughTheirHomeGateway() {
    assertThat(Meshes.planFor("node-b", HOME))
        .contains(
            new NodePlan(
                "home",
                "node-b",
                new DevicePlan(
                    "wm-home",
                    51900,
                    addresses("10.70.0.2", "fd70::2"),
                    Set.of(IdentityKind.NODE),
                    new Mtu.Auto(),
                    List.of(
                        PeerPlan.node("node-a", key("node-a"))
                            .addresses(addresses("10.70.0.1", "fd70::1"))
                            .presharedKey(true)
                            .endpoint(new ConfiguredEndpoint("172.31.0.1", 51900))
                            .persistentKeepalive(KEEPALIVE)
                            .allowedIps(
                                prefixes(
                                    "10.70.0.1/32",
                                    "10.70.1.1/32",
                                    "10.70.1.2/32",
                                    "192.168.200.0/24",
                                    "fd70::1/128"))
                            .build())),
                RoutingPlan.ofTable(
                    new RouteTablePlan(
                        5190,
                        routes("10.70.0.0/16", "192.168.200.0/24 of default/office", "fd70::/64")),
                    519,
                    false,
                    null),
                List.of(),
                HOME_FINDINGS));
  }

  @Test
  void nodeWithoutPublicKeyHasAPlan() {
    var plan = Meshes.planFor("node-c", HOME).orElseThrow();
    assertThat(plan.device().peers())
        .extracting(PeerPlan::name)
        .containsExactly("node-a", "node-b");
    assertThat(plan.device().addresses()).isEqualTo(addresses("10.70.0.3", "fd70::3"));
  }

  @Test
  void nodeOutsideTheNetworkHasNoPlan() {
    assertThat(Meshes.planFor("node-z", HOME)).isEmpty();
  }

  @Test
  void gatewayWithoutGatewayIdentityHasOnlyItsNodeIdentity() {
    var unready =
        network().toBuilder()
            .gatewayPublicKey(null)
            .presharedKeys(false)
            .persistentKeepalive(Duration.ZERO)
            .build();
    var view =
        new MeshView(
            unready, List.of(gateway("node-a")), List.of(peer("laptop", 1, "10.70.1.1").build()));
    var plan = Meshes.planFor("node-a", view).orElseThrow();

    assertThat(plan.device().identities()).containsExactly(IdentityKind.NODE);
    assertThat(plan.device().peers()).isEmpty();
    assertThat(plan.findings())
        .containsExactly(
            new Finding(
                new Subject(Kind.PEER, "default/laptop"),
                Cause.NO_GATEWAY,
                "The gateways of network home have no identity yet."));
  }

  @Test
  void peerWithTheGatewaysPublicKeyIsLeftOut() {
    var view =
        new MeshView(
            network(),
            List.of(gateway("node-a")),
            List.of(peer("thief", 0, "10.70.1.1").publicKey(GATEWAY_KEY).build()));
    assertThat(Meshes.members(view).peers()).isEmpty();
    assertThat(Meshes.members(view).findings())
        .extracting(Finding::message)
        .containsExactly(
            "The public key "
                + GATEWAY_KEY
                + " already belongs to the gateways of network home: create another one.");
  }
}
