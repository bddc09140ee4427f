package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.v1alpha1.HostPort;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec.NodeOverride;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec.Nodes;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec.Topology;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Nodes of networks with topologies, sites and overrides; nothing is looked at without a cause. */
@RequiresKubernetes
final class NodesOfOperatorTest extends RunningOperator {
  private static final String SITE = "example.org/site";

  NodesOfOperatorTest(ControlPlane controlPlane) throws Exception {
    super(controlPlane, "nodes-of-operator", Duration.ofMinutes(10));
  }

  @Test
  void nodeGetsTheAddressOfItsOverrideAlsoFromAReservedBlock() {
    cluster.node("fixed-hub", "fixed", "192.0.2.1");
    cluster.node("fixed-other", "fixed", "192.0.2.2");
    cluster.network(
        "fixed",
        "10.83.0.0/24",
        spec -> {
          spec.addressPools.getFirst().reserved = List.of("10.83.0.0/28");
          overrides(spec).add(override("fixed-hub", "10.83.0.1"));
        });
    awaitAddresses("fixed", "fixed-hub", "10.83.0.1");
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          assertThat(node("fixed", "fixed-other").getSpec().addresses)
              .hasSize(1)
              .doesNotContain("10.83.0.1");
          assertThat(reason("fixed", "fixed-hub", ConditionType.PROVISIONED))
              .isEqualTo("Provisioned");
        });
  }

  @Test
  void addressOfAnotherHolderIsAConditionAndNothingMovesUntilItIsFree() {
    cluster.node("held-a", "held", "192.0.2.1");
    cluster.network("held", "10.84.0.0/24", spec -> spec.addressReuseAfter = "0s");
    cluster.peer(
        here, "held-peer", "held", peer -> peer.getSpec().addresses = List.of("10.84.0.9"));
    cluster.awaitReason(here, "held-peer", "AddressAllocated", "Allocated");
    awaitReason("held", "held-a", ConditionType.PROVISIONED, "Provisioned");
    var before = node("held", "held-a").getSpec().addresses;

    cluster.editNetwork("held", spec -> overrides(spec).add(override("held-a", "10.84.0.9")));
    awaitReason("held", "held-a", ConditionType.PROVISIONED, "AddressInUse");
    assertThat(message("held", "held-a", ConditionType.PROVISIONED))
        .contains("10.84.0.9")
        .contains("held-peer");
    assertThat(node("held", "held-a").getSpec().addresses).isEqualTo(before);
    assertThat(cluster.peer(here, "held-peer").getStatus().addresses).containsExactly("10.84.0.9");

    cluster.deletePeer(here, "held-peer");
    awaitAddresses("held", "held-a", "10.84.0.9");
    awaitReason("held", "held-a", ConditionType.PROVISIONED, "Provisioned");
  }

  @Test
  void nodeWhoseOverrideIsOutsideThePoolsHasAnotherAddressAndServesPeers() {
    cluster.node("outside-a", "outside", "192.0.2.1");
    cluster.network(
        "outside", "10.85.0.0/24", spec -> overrides(spec).add(override("outside-a", "10.99.0.1")));
    awaitReason("outside", "outside-a", ConditionType.PROVISIONED, "AddressOutOfRange");
    assertThat(message("outside", "outside-a", ConditionType.PROVISIONED)).contains("10.99.0.1");
    awaitTrue(() ->
        assertThat(node("outside", "outside-a").getSpec().addresses)
            .hasSize(1)
            .allMatch(address -> address.startsWith("10.85.0.")));
    cluster.peer(here, "outside-laptop", "outside", peer -> {});
    cluster.awaitPublished(here, "outside-laptop");
    cluster.agentReady("outside", "outside-a");
    cluster.awaitReason(here, "outside-laptop", "Ready", "Ready");
  }

  @Test
  void overrideOfAnUnknownNodeIsMentionedUntilTheNodeJoins() {
    cluster.node("known-a", "known", "192.0.2.1");
    cluster.network(
        "known", "10.86.0.0/24", spec -> overrides(spec).add(override("known-b", "10.86.0.1")));
    awaitAccepted(
        "known",
        "The network is in force. spec.nodes.overrides without effect: known-b is no node of this"
            + " network. Write the name of a Node that spec.nodes.selector matches.");
    // The address is kept for the node that is not there yet.
    awaitAddresses("known", "known-a", "10.86.0.2");
    cluster.peer(here, "known-peer", "known", peer -> {});
    cluster.awaitReason(here, "known-peer", "AddressAllocated", "Allocated");
    assertThat(cluster.peer(here, "known-peer").getStatus().addresses).containsExactly("10.86.0.3");
    cluster.node("known-b", "known", "192.0.2.2");
    awaitAccepted("known", "The network is in force.");
    awaitAddresses("known", "known-b", "10.86.0.1");
  }

  @Test
  void endpointOfTheOverrideIsForNodesAndClients() {
    cluster.node("forward-a", "forward", "192.168.7.2");
    cluster.network(
        "forward",
        "10.87.0.0/24",
        spec -> {
          var override = override("forward-a");
          override.endpoint = new HostPort("home.example.org", 4500);
          overrides(spec).add(override);
        });
    cluster.peer(here, "forward-laptop", "forward", peer -> {});
    cluster.awaitPublished(here, "forward-laptop");
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          assertThat(cluster.configuration(here, "forward-laptop"))
              .contains("Endpoint = home.example.org:4500");
          assertThat(node("forward", "forward-a").getSpec().endpoints)
              .extracting(endpoint -> endpoint.type + " " + endpoint.host)
              .containsExactly("OVERRIDE home.example.org", "INTERNAL_IP 192.168.7.2");
        });

    cluster.editNetwork("forward", spec -> overrides(spec).clear());
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.configuration(here, "forward-laptop"))
                .contains("Endpoint = 192.168.7.2:"));
  }

  @Test
  void siteLabelIsFollowedAndTheOtherNodesTellTheirPathsAnew() {
    cluster.node("site-a", "site", "192.168.2.2");
    cluster.node("site-b", "site", "192.168.2.3");
    cluster.node("site-hub", "site", "10.9.0.1", "198.51.100.9");
    site("site-a", "home");
    site("site-b", "home");
    site("site-hub", "cloud");
    cluster.network(
        "site",
        "10.88.0.0/24",
        spec -> {
          nodes(spec).siteLabel = SITE;
          Objects.requireNonNull(spec.gateways).selector =
              new LabelSelectorBuilder().addToMatchLabels("hub", "true").build();
        });
    awaitReason("site", "site-a", ConditionType.NODES_REACHABLE, "Direct");

    site("site-b", "office");
    awaitReason("site", "site-a", ConditionType.NODES_REACHABLE, "NoPath");
    assertThat(node("site", "site-b").getSpec().site).isEqualTo("office");
    assertThat(message("site", "site-a", ConditionType.NODES_REACHABLE))
        .startsWith(
            "There is no path to node site-b (in site office, this node in site home, and neither"
                + " has an ExternalIP that the other one can dial), and no gateway");

    label("site-hub", "hub", "\"true\"");
    awaitReason("site", "site-a", ConditionType.NODES_REACHABLE, "Relayed");
    awaitReason("site", "site-hub", ConditionType.NODES_REACHABLE, "Direct");

    cluster.editNetwork(
        "site",
        spec -> {
          var override = override("site-b");
          override.endpoint = new HostPort("203.0.113.7", 4500);
          overrides(spec).add(override);
        });
    awaitReason("site", "site-a", ConditionType.NODES_REACHABLE, "Direct");
    cluster.editNetwork("site", spec -> overrides(spec).clear());
    awaitReason("site", "site-a", ConditionType.NODES_REACHABLE, "Relayed");

    site("site-b", "home");
    awaitReason("site", "site-a", ConditionType.NODES_REACHABLE, "Direct");
  }

  @Test
  void hubAndSpokeIsToldByTheNodesAndNeedsGateways() {
    cluster.node("hub-a", "hub", "192.0.2.1");
    cluster.node("hub-b", "hub", "192.0.2.2");
    cluster.node("hub-c", "hub", "192.0.2.3");
    cluster.network(
        "hub",
        "10.89.0.0/24",
        spec ->
            Objects.requireNonNull(spec.gateways).selector =
                new LabelSelectorBuilder().addToMatchLabels("hub", "true").build());
    label("hub-a", "hub", "\"true\"");
    awaitReason("hub", "hub-b", ConditionType.NODES_REACHABLE, "Direct");

    cluster.editNetwork("hub", spec -> spec.topology = Topology.HUB_AND_SPOKE);
    awaitReason("hub", "hub-b", ConditionType.NODES_REACHABLE, "Relayed");
    awaitReason("hub", "hub-a", ConditionType.NODES_REACHABLE, "Direct");

    label("hub-a", "hub", "null");
    awaitReason("hub", "hub-b", ConditionType.NODES_REACHABLE, "NoPath");
    assertThatThrownBy(() ->
            cluster
                .admin()
                .resources(WireGuardNetwork.class)
                .withName("hub")
                .edit(network -> {
                  network.getSpec().gateways = null;
                  return network;
                }))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining("write gateways: {selector: ...}, or topology: FullMesh");
  }

  private static Nodes nodes(WireGuardNetworkSpec spec) {
    return Objects.requireNonNull(spec.nodes);
  }

  private static List<NodeOverride> overrides(WireGuardNetworkSpec spec) {
    return nodes(spec).overrides;
  }

  private static NodeOverride override(String node, String... addresses) {
    var override = new NodeOverride();
    override.node = node;
    override.addresses = List.of(addresses);
    return override;
  }

  private void site(String node, String site) {
    label(node, SITE, '"' + site + '"');
  }

  private void label(String node, String label, String json) {
    cluster
        .admin()
        .nodes()
        .withName(node)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\":{\"labels\":{\"%s\":%s}}}".formatted(label, json));
  }

  private MeshNode node(String network, String name) {
    return cluster.meshNodes(network).stream()
        .filter(node -> node.getSpec().nodeName.equals(name))
        .findFirst()
        .orElseThrow();
  }

  private Condition condition(String network, String node, ConditionType type) {
    return Conditions.find(node(network, node).getStatus().conditions, type).orElseThrow();
  }

  private String reason(String network, String node, ConditionType type) {
    return condition(network, node, type).getReason();
  }

  private String message(String network, String node, ConditionType type) {
    return condition(network, node, type).getMessage();
  }

  private void awaitReason(String network, String node, ConditionType type, String reason) {
    awaitTrue(() -> assertThat(reason(network, node, type)).isEqualTo(reason));
  }

  private void awaitAddresses(String network, String node, String... addresses) {
    awaitTrue(() -> assertThat(node(network, node).getSpec().addresses).containsExactly(addresses));
  }

  private void awaitAccepted(String network, String message) {
    awaitTrue(() ->
        assertThat(
                Conditions.find(
                    cluster.network(network).getStatus().conditions, ConditionType.ACCEPTED))
            .map(Condition::getMessage)
            .contains(message));
  }

  private static void awaitTrue(Runnable assertion) {
    await().atMost(OperatorTestCluster.PATIENCE).untilAsserted(assertion::run);
  }
}
