package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.api.v1alpha1.PeerStatus.RouteStatus;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceList;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The operator's decisions on routes while namespaces, pods, nodes and the API server's own
 * addresses change.
 */
@RequiresKubernetes
final class RoutesOfOperatorTest extends RunningOperator {
  private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

  RoutesOfOperatorTest(ControlPlane controlPlane) throws Exception {
    super(controlPlane, "routes-test", Duration.ofMinutes(10));
  }

  @Test
  void pastedMessageAllowsTheRoute() {
    cluster.node("paste-a", "paste", "192.0.2.140");
    cluster.network("paste", "10.140.0.0/24", spec -> {});
    peer("paste-a", "paste", "172.22.41.0/24");
    awaitStates("paste-a", "172.22.41.0/24 REJECTED");

    var message = String.valueOf(routes("paste-a").getFirst().message);
    patchSpec(
        "paste",
        message.substring(
            message.indexOf("paste: ") + "paste: ".length(), message.indexOf(" - or,")));
    awaitStates("paste-a", "172.22.41.0/24 ACCEPTED");

    patchSpec("paste", "peerRoutes: null");
    awaitStates("paste-a", "172.22.41.0/24 REJECTED");
    patchSpec("paste", message.substring(message.indexOf("alone: ") + "alone: ".length()));
    awaitStates("paste-a", "172.22.41.0/24 ACCEPTED");
  }

  @Test
  void exampleIsAcceptedAsItStands() throws IOException {
    cluster.node("sites-a", "sites", "192.0.2.139");
    cluster.applyForTest(Path.of("../examples/routes"));
    awaitStatesIn(
        "office", "office-router", "192.168.200.0/24 ACCEPTED", "192.168.201.0/24 ACCEPTED");
  }

  @Test
  void grantFollowsTheLabelsOfTheNamespace() {
    cluster.node("grants-a", "grants", "192.0.2.141");
    cluster.network(
        "grants",
        "10.141.0.0/24",
        spec -> {
          var grant = new WireGuardNetworkSpec.RouteGrant();
          grant.namespaces = new LabelSelectorBuilder().addToMatchLabels("site", "office").build();
          grant.allowed = List.of("172.23.42.0/24");
          spec.peerRoutes = new WireGuardNetworkSpec.PeerRoutes();
          spec.peerRoutes.grants = List.of(grant);
        });
    peer("grants-a", "grants", "172.23.42.0/25");
    awaitStates("grants-a", "172.23.42.0/25 REJECTED");

    label("site", "office");
    awaitStates("grants-a", "172.23.42.0/25 ACCEPTED");

    label("site", "other");
    awaitStates("grants-a", "172.23.42.0/25 REJECTED");
  }

  @Test
  void endpointsOfTheApiServerAreForbiddenWhereTheControlPlaneIsNoNode() {
    network("managed", "10.142.0.0/24");
    peer("managed-a", "managed", "172.16.0.2/32", "fd00:c0de::/64");
    awaitStates("managed-a", "172.16.0.2/32 ACCEPTED", "fd00:c0de::/64 ACCEPTED");

    slice("managed-v4", "IPv4", "172.16.0.2");
    slice("managed-v6", "IPv6", "fd00:c0de::2");
    awaitStates("managed-a", "172.16.0.2/32 REJECTED", "fd00:c0de::/64 REJECTED");
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(routes("managed-a"))
                .allMatch(
                    it -> String.valueOf(it.message).contains("an address of the API server")));

    slices().withName("managed-v4").delete();
    slices().withName("managed-v6").delete();
    awaitStates("managed-a", "172.16.0.2/32 ACCEPTED", "fd00:c0de::/64 ACCEPTED");
  }

  @Test
  void addressesOfPodsAreForbiddenWhereTheNodesListNoRanges() {
    network("vpc", "10.144.0.0/24");
    peer("vpc-a", "vpc", "10.0.5.53/32", "10.0.6.0/24", "10.0.7.7/32", "fd00:5::/64");
    awaitStates(
        "vpc-a",
        "10.0.5.53/32 ACCEPTED",
        "10.0.6.0/24 ACCEPTED",
        "10.0.7.7/32 ACCEPTED",
        "fd00:5::/64 ACCEPTED");

    pod("dns", false, "10.0.5.53", "fd00:5::35");
    pod("web", false, "10.0.6.9");
    pod("proxy", true, "10.0.7.7");
    awaitStates(
        "vpc-a",
        "10.0.5.53/32 REJECTED",
        "10.0.6.0/24 REJECTED",
        "10.0.7.7/32 ACCEPTED",
        "fd00:5::/64 REJECTED");

    // The next pod may get the address.
    cluster.admin().pods().inNamespace(here).withName("web").withGracePeriod(0).delete();
    peer("vpc-b", "vpc", "10.0.6.9/32");
    awaitStates("vpc-b", "10.0.6.9/32 REJECTED");
  }

  @Test
  void nameServersOfTheNodesAreForbidden() {
    network("dns", "10.145.0.0/24");
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> assertThat(cluster.meshNodes("dns")).hasSize(1));
    peer("dns-peer", "dns", "10.1.0.2/32", "10.1.0.0/24", "10.1.1.0/24", "192.0.2.145/32");
    awaitStates(
        "dns-peer",
        "10.1.0.2/32 ACCEPTED",
        "10.1.0.0/24 ACCEPTED",
        "10.1.1.0/24 ACCEPTED",
        "192.0.2.145/32 REJECTED");

    cluster
        .admin()
        .resources(MeshNode.class)
        .withName("dns.dns-a")
        .subresource("status")
        .patch(MERGE, "{\"status\":{\"resolvers\":[\"10.1.0.2\"]}}");
    awaitStates(
        "dns-peer",
        "10.1.0.2/32 REJECTED",
        "10.1.0.0/24 REJECTED",
        "10.1.1.0/24 ACCEPTED",
        "192.0.2.145/32 REJECTED");
  }

  @Test
  void rangesOfOtherNetworksAreForbidden() {
    network("first", "10.146.0.0/24");
    network("second", "10.147.0.0/24");
    peer("first-a", "first", "172.21.46.0/24");
    awaitStates("first-a", "172.21.46.0/24 ACCEPTED");
    awaitOlderThanASecond("first-a");

    peer("second-a", "second", "10.146.0.7/32", "172.21.46.7/32", "172.21.0.0/16");
    awaitStates(
        "second-a", "10.146.0.7/32 REJECTED", "172.21.46.7/32 CONFLICT", "172.21.0.0/16 CONFLICT");
    assertThat(routes("second-a").get(1).message)
        .contains("the older peer " + here + "/first-a of network first");

    cluster.deletePeer(here, "first-a");
    awaitStates(
        "second-a", "10.146.0.7/32 REJECTED", "172.21.46.7/32 ACCEPTED", "172.21.0.0/16 ACCEPTED");
  }

  @Test
  void olderPeerOfAnotherNamespaceKeepsItsRange() {
    cluster.namespace("routes-tenant");
    network("range", "10.148.0.0/24");
    peer("range-a", "range", "172.20.0.0/16");
    awaitStates("range-a", "172.20.0.0/16 ACCEPTED");
    awaitOlderThanASecond("range-a");
    cluster.peer(
        "routes-tenant",
        "thief",
        "range",
        peer ->
            peer.getSpec().routes = routes("172.20.0.0/17", "172.20.128.0/17", "172.20.7.7/32"));
    peer("range-b", "range", "172.20.9.0/24");

    awaitStates("range-b", "172.20.9.0/24 ACCEPTED");
    awaitStatesIn(
        "routes-tenant",
        "thief",
        "172.20.0.0/17 CONFLICT",
        "172.20.128.0/17 CONFLICT",
        "172.20.7.7/32 CONFLICT");
    assertThat(cluster.peer("routes-tenant", "thief").getStatus().routes)
        .allMatch(it -> String.valueOf(it.message).contains("the older peer " + here + "/range-a"));
  }

  @Test
  void translatedRouteIsJudgedByItsTranslationAlone() {
    network("same", "10.150.0.0/24");
    peer("same-a", "same", "172.29.1.0/24");
    awaitStates("same-a", "172.29.1.0/24 ACCEPTED");
    awaitOlderThanASecond("same-a");

    peer("same-b", "same", "172.29.1.0/24");
    awaitStates("same-b", "172.29.1.0/24 CONFLICT");
    assertThat(routes("same-b").getFirst().message)
        .contains(
            "Peer " + here + "/same-b cannot bring 172.29.1.0/24",
            "older peer " + here + "/same-a already brings 172.29.1.0/24",
            "write a free block as translateTo");

    translate("same-b", "172.29.2.0/24");
    awaitStates("same-b", "172.29.1.0/24 ACCEPTED");
    assertThat(routes("same-b").getFirst().translateTo).isEqualTo("172.29.2.0/24");

    translate("same-b", "10.150.0.0/24");
    awaitStates("same-b", "172.29.1.0/24 REJECTED");
    assertThat(routes("same-b").getFirst().message)
        .contains(
            "Peer " + here + "/same-b cannot bring 10.150.0.0/24: it overlaps",
            "address pool of network same");
  }

  @Test
  void ipv6LansWithOnePrefixAreTranslatedToo() {
    network("same6", "10.151.0.0/24");
    peer("six-a", "same6", "fd12:1::/64");
    awaitStates("six-a", "fd12:1::/64 ACCEPTED");
    awaitOlderThanASecond("six-a");

    peer("six-b", "same6", "fd12:1::/64");
    awaitStates("six-b", "fd12:1::/64 CONFLICT");
    assertThatThrownBy(() -> translate("six-b", "10.201.0.0/24"))
        .hasMessageContaining("write a block of the same family and with the same prefix length");
    assertThatThrownBy(() -> translate("six-b", "fd00:201::/48"))
        .hasMessageContaining("write a block of the same family and with the same prefix length");

    translate("six-b", "fd00:201::/64");
    awaitStates("six-b", "fd12:1::/64 ACCEPTED");
  }

  private void translate(String peer, String block) {
    cluster
        .admin()
        .resources(Peer.class)
        .inNamespace(here)
        .withName(peer)
        .edit(object -> {
          object.getSpec().routes.getFirst().translateTo = block;
          return object;
        });
  }

  /** A network with a node that is a gateway, where every route is allowed. */
  private void network(String name, String pool) {
    cluster.node(name + "-a", name, "192.0.2." + pool.split("\\.")[1]);
    cluster.network(
        name,
        pool,
        spec -> {
          spec.peerRoutes = new WireGuardNetworkSpec.PeerRoutes();
          spec.peerRoutes.allowed = List.of("0.0.0.0/0", "::/0");
        });
  }

  private void peer(String name, String network, String... routes) {
    cluster.peer(here, name, network, peer -> peer.getSpec().routes = routes(routes));
  }

  private static List<PeerSpec.Route> routes(String... cidrs) {
    return Stream.of(cidrs)
        .map(cidr -> {
          var route = new PeerSpec.Route();
          route.cidr = cidr;
          return route;
        })
        .toList();
  }

  private List<RouteStatus> routes(String peer) {
    return cluster.peer(here, peer).getStatus().routes;
  }

  private void awaitStates(String peer, String... states) {
    awaitStatesIn(here, peer, states);
  }

  private void awaitStatesIn(String namespace, String peer, String... states) {
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.peer(namespace, peer).getStatus().routes)
                .extracting(it -> it.cidr + " " + it.state)
                .containsExactly(states));
  }

  private void awaitOlderThanASecond(String peer) {
    var created = Instant.parse(cluster.peer(here, peer).getMetadata().getCreationTimestamp());
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .until(() -> Instant.now().isAfter(created.plusSeconds(1)));
  }

  private void patchSpec(String network, String yaml) {
    var spec = Serialization.asJson(Serialization.unmarshal(yaml, Object.class));
    cluster
        .admin()
        .resources(WireGuardNetwork.class)
        .withName(network)
        .patch(MERGE, "{\"spec\":" + spec + "}");
  }

  private void label(String key, String value) {
    cluster
        .admin()
        .namespaces()
        .withName(here)
        .patch(MERGE, "{\"metadata\":{\"labels\":{\"%s\":\"%s\"}}}".formatted(key, value));
  }

  private NonNamespaceOperation<EndpointSlice, EndpointSliceList, Resource<EndpointSlice>>
      slices() {
    return cluster.admin().discovery().v1().endpointSlices().inNamespace("default");
  }

  private void slice(String name, String family, String address) {
    cluster
        .admin()
        .resource(
            new EndpointSliceBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("default")
                .addToLabels("kubernetes.io/service-name", "kubernetes")
                .endMetadata()
                .withAddressType(family)
                .addNewEndpoint()
                .withAddresses(address)
                .endEndpoint()
                .addNewPort()
                .withPort(6443)
                .endPort()
                .build())
        .create();
  }

  private void pod(String name, boolean hostNetwork, String... addresses) {
    var pod =
        new PodBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace(here)
            .endMetadata()
            .withNewSpec()
            .withHostNetwork(hostNetwork)
            .addNewContainer()
            .withName("main")
            .withImage("none")
            .endContainer()
            .endSpec()
            .build();
    cluster.admin().resource(pod).create();
    var ips = Stream.of(addresses).map("{\"ip\":\"%s\"}"::formatted).toList();
    cluster
        .admin()
        .pods()
        .inNamespace(here)
        .withName(name)
        .subresource("status")
        .patch(MERGE, "{\"status\":{\"podIP\":\"%s\",\"podIPs\":%s}}".formatted(addresses[0], ips));
  }
}
