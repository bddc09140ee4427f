package dev.wiremesh.api.json;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec.Advertised;
import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MeshObjectDeserializerTest {
  private final KubernetesSerialization serialization = new KubernetesSerialization();

  /** Text that begins with a brace is taken for JSON unless a document mark stands before it. */
  private <T> T unmarshal(String flow, Class<T> kind) {
    return serialization.unmarshal("---\n" + flow, kind);
  }

  private Peer peer(String spec) {
    return read(Peer.class, "Peer", spec, "{}");
  }

  private <T> T read(Class<T> kind, String name, String spec, String status) {
    return unmarshal(
        """
        {apiVersion: wiremesh.dev/v1alpha1, kind: %s, metadata: {name: x, namespace: default,
         uid: u}, spec: %s, status: %s}\
        """
            .formatted(name, spec, status),
        kind);
  }

  @Test
  void unknownFieldsAreSkippedAndNamed() {
    var peer =
        peer(
            """
            {networkRef: {name: home}, ofTheFuture: {up: 1M}, alsoNew: 1h, suspended: true,
             routes: [{cidr: 10.9.0.0/16, ofTheFuture: a}], client: {mtu: 1400, ofTheFuture: false}}\
            """);

    assertThat(peer.readProblems().unreadable()).isEmpty();
    assertThat(peer.readProblems().unknownFields())
        .containsExactlyInAnyOrder(
            "spec.ofTheFuture",
            "spec.alsoNew",
            "spec.routes[0].ofTheFuture",
            "spec.client.ofTheFuture");
    assertThat(peer.getSpec().suspended).isTrue();
    assertThat(peer.getSpec().routes).extracting(it -> it.cidr).containsExactly("10.9.0.0/16");
    assertThat(requireNonNull(peer.getSpec().client).mtu).isEqualTo(1400);
  }

  @Test
  void unknownEnumValueMakesTheObjectUnreadableAndKeepsTheRest() {
    var peer = peer("{networkRef: {name: home}, presharedKey: PostQuantum, suspended: true}");

    assertThat(peer.readProblems().unreadable()).containsExactly("spec.presharedKey: PostQuantum");
    assertThat(peer.getSpec().networkRef.name).isEqualTo("home");
    assertThat(peer.getSpec().suspended).isTrue();
  }

  @Test
  void unknownEnumValueInListIsNamedWithItsIndex() {
    var network =
        read(
            WireGuardNetwork.class,
            "WireGuardNetwork",
            "{addressPools: [{name: v4, cidr: 10.70.0.0/16}],"
                + " nodes: {advertise: [PodCIDRs, LoadBalancerIPs, Moon]}}",
            "{}");

    assertThat(network.readProblems().unreadable())
        .containsExactly(
            "spec.nodes.advertise[1]: LoadBalancerIPs", "spec.nodes.advertise[1]: Moon");
    assertThat(requireNonNull(network.getSpec().nodes).advertise)
        .containsExactly(Advertised.POD_CIDRS);
  }

  @Test
  void whatANewerVersionReportsDoesNotMakeAnObjectUnreadable() {
    var peer =
        read(
            Peer.class,
            "Peer",
            "{networkRef: {name: home}}",
            "{publicKey: k, rtt: 3, connectivity: {state: Relayed, path: Relay},"
                + " routes: [{cidr: 10.9.0.0/16, state: Active}]}");

    assertThat(peer.readProblems()).isEqualTo(ReadProblems.NONE);
    assertThat(peer.getStatus().publicKey).isEqualTo("k");
    assertThat(requireNonNull(peer.getStatus().connectivity).state).isNull();
    assertThat(peer.getStatus().routes).extracting(it -> it.state).containsOnlyNulls();
  }

  @Test
  void ownerOfAnUnknownKindIsNamed() {
    var allocation =
        read(
            IPAllocation.class,
            "IPAllocation",
            "{network: home, address: 10.70.0.9, owner: {kind: Relay, name: r, uid: u}}",
            "{}");

    assertThat(allocation.readProblems().unreadable()).containsExactly("spec.owner.kind: Relay");
    assertThat(allocation.getSpec().address).isEqualTo("10.70.0.9");
  }

  @Test
  void valuesOfAnotherTypeAreNamed() {
    var peer =
        peer(
            """
            {networkRef: [home], suspended: {by: me}, routes: no, addresses: [[10.70.0.1]],
             endpoint: {host: a, port: 99999999999}}\
            """);

    assertThat(peer.readProblems().unreadable())
        .containsExactlyInAnyOrder(
            "spec.networkRef",
            "spec.suspended",
            "spec.routes: no",
            "spec.addresses[0]",
            "spec.endpoint.port: 99999999999");
    assertThat(peer.getMetadata().getName()).isEqualTo("x");
  }

  @Test
  void nullIsTheDefault() {
    var peer =
        peer(
            """
            {networkRef: null, routes: null, addresses: [null], presharedKey: null,
             suspended: null}\
            """);

    assertThat(peer.readProblems()).isEqualTo(ReadProblems.NONE);
    assertThat(peer.getSpec().networkRef.name).isEmpty();
    assertThat(peer.getSpec().routes).isEmpty();
    assertThat(peer.getSpec().addresses).isEmpty();
    assertThat(peer.getSpec().presharedKey).isEqualTo(PeerSpec.PresharedKey.NETWORK);
  }

  @Test
  void objectWithoutSpecAndStatusHasEmptyOnes() {
    var peer =
        unmarshal(
            "{apiVersion: wiremesh.dev/v1alpha1, kind: Peer, metadata: {name: x}}", Peer.class);

    assertThat(peer.getSpec().networkRef.name).isEmpty();
    assertThat(peer.getStatus().conditions).isEmpty();
  }

  @Test
  void objectWithNothingReadableKeepsItsName() {
    var spec = new StringBuilder("{networkRef: {name: home}, routes: [");
    for (int i = 0; i < 64; i++) {
      spec.append("{cidr: [1]}, ");
    }

    var peer = peer(spec + "]}");

    assertThat(peer.readProblems().isUnreadable()).isTrue();
    assertThat(peer.getMetadata().getName()).isEqualTo("x");
    assertThat(peer.getMetadata().getUid()).isEqualTo("u");
  }

  @Test
  void metadataKeepsWhatTheProgramsUse() {
    var peer =
        unmarshal(
            """
            {apiVersion: wiremesh.dev/v1alpha1, kind: Peer,
             metadata: {name: x, namespace: n, uid: u, resourceVersion: '7', generation: 3,
               creationTimestamp: '2026-03-01T11:00:00Z', deletionTimestamp: '2026-03-01T12:00:00Z',
               labels: {app: a, wiremesh.dev/network: home},
               annotations: {kubectl.kubernetes.io/last-applied-configuration: '%s',
                 wiremesh.dev/config-digest: d},
               ownerReferences: [{apiVersion: v1, kind: Node, name: node-a, uid: v}],
               managedFields: [{manager: kubectl, operation: Apply, fieldsType: FieldsV1,
                 fieldsV1: {'f:spec': {}}}]},
             spec: {networkRef: {name: home}}}\
            """
                .formatted("x".repeat(200_000)),
            Peer.class);

    var metadata = peer.getMetadata();
    assertThat(metadata.getManagedFields()).isEmpty();
    assertThat(metadata.getAnnotations()).isEqualTo(Map.of("wiremesh.dev/config-digest", "d"));
    assertThat(metadata.getLabels()).isEqualTo(Map.of("wiremesh.dev/network", "home"));
    assertThat(metadata.getNamespace()).isEqualTo("n");
    assertThat(metadata.getUid()).isEqualTo("u");
    assertThat(metadata.getResourceVersion()).isEqualTo("7");
    assertThat(metadata.getGeneration()).isEqualTo(3);
    assertThat(metadata.getCreationTimestamp()).isEqualTo("2026-03-01T11:00:00Z");
    assertThat(metadata.getDeletionTimestamp()).isEqualTo("2026-03-01T12:00:00Z");
    assertThat(metadata.getOwnerReferences()).hasSize(1);
  }

  @Test
  void listWithAnUnreadableObjectIsReadWhole() {
    PeerList list =
        unmarshal(
            """
            {apiVersion: wiremesh.dev/v1alpha1, kind: PeerList, metadata: {resourceVersion: '1'},
             items: [
              {metadata: {name: a}, spec: {networkRef: {name: home}}},
              {metadata: {name: b}, spec: {networkRef: {name: home}, presharedKey: Maybe}},
              {metadata: {name: c}, spec: {networkRef: {name: home}, new: 1}}]}\
            """,
            PeerList.class);

    assertThat(list.getItems())
        .extracting(it -> it.getMetadata().getName())
        .containsExactly("a", "b", "c");
    assertThat(list.getItems())
        .extracting(it -> it.readProblems().isUnreadable())
        .containsExactly(false, true, false);
  }

  static final class PeerList extends DefaultKubernetesResourceList<Peer> {
    private static final long serialVersionUID = 1L;
  }

  @Test
  void watchEventWithAnUnreadableObjectIsRead() {
    serialization.registerKubernetesResource(Peer.class);
    WatchEvent event =
        unmarshal(
            """
            {type: MODIFIED, object: {apiVersion: wiremesh.dev/v1alpha1, kind: Peer,
             metadata: {name: b}, spec: {networkRef: {name: home}, presharedKey: Maybe}}}\
            """,
            WatchEvent.class);

    assertThat(event.getObject()).isInstanceOf(Peer.class);
    assertThat(((Peer) event.getObject()).readProblems().isUnreadable()).isTrue();
  }

  @Test
  void problemsNeedNoFieldInTheApi() {
    var peer = peer("{networkRef: {name: home}, presharedKey: Maybe}");

    assertThat(serialization.asJson(peer)).doesNotContainIgnoringCase("problem");
  }

  @Test
  void statesAreReadAsBefore() {
    var peer =
        read(
            Peer.class, "Peer", "{networkRef: {name: home}}", "{connectivity: {state: Connected}}");

    assertThat(requireNonNull(peer.getStatus().connectivity).state)
        .isEqualTo(PeerStatus.State.CONNECTED);
  }
}
