package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.contract.FieldManagers;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Writes of an operator that arrive late, after the object was replaced under its name or after
 * another operator has written it: the newer object and the newer write stay.
 */
@RequiresKubernetes
final class LateWritesTest {
  private static final String STATUS = "PATCH /peers/laptop/status";
  private static final String SECRET = "GET /secrets/laptop-wiremesh";

  private static final AtomicInteger NAMESPACES = new AtomicInteger();

  /** A namespace of this test's own: one that is deleted takes a while to go. */
  private final String here = "late-writes-" + NAMESPACES.incrementAndGet();

  private final OperatorTestCluster cluster;
  private final HeldRequests requests = new HeldRequests();

  LateWritesTest(ControlPlane controlPlane) throws Exception {
    cluster = new OperatorTestCluster(controlPlane);
    cluster.namespace(here);
  }

  @AfterEach
  void stop() {
    requests.releaseAll();
    cluster.close();
    assertThat(cluster.forbidden()).isEmpty();
  }

  private void startHeld() throws Exception {
    cluster.start("held", cluster.operatorClient(requests));
  }

  private void startOther() throws Exception {
    cluster.start("other", cluster.operatorClient());
  }

  private void awaitAccepted(String network) {
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .until(() -> !cluster.network(network).getStatus().conditions.isEmpty());
  }

  @Test
  void statusOfADeletedPeerDoesNotReachItsSuccessor() throws Exception {
    startHeld();
    cluster.network("late", "10.46.0.0/24", spec -> {});
    awaitAccepted("late");
    var late = requests.hold(STATUS);
    var formerKey = key();
    cluster.peer(here, "laptop", "late", peer -> peer.getSpec().publicKey = formerKey);
    late.await();

    cluster.deletePeer(here, "laptop");
    var key = key();
    var successor = cluster.peer(here, "laptop", "late", peer -> peer.getSpec().publicKey = key);
    try (var keys = new Versions<>(successor, peer -> peer.getStatus().publicKey)) {
      late.release();
      await()
          .atMost(OperatorTestCluster.PATIENCE)
          .untilAsserted(() -> assertThat(keys.values()).last().isEqualTo(key));
      assertThat(keys.values()).containsOnly(key);
    }
  }

  @Test
  void statusOfADeletedNetworkDoesNotReachItsSuccessor() throws Exception {
    startHeld();
    var late = requests.hold("PATCH /wireguardnetworks/late/status");
    cluster.network("late", "10.46.0.0/24", spec -> spec.listenPort = 53_001);
    late.await();

    cluster.admin().resource(cluster.network("late")).delete();
    cluster.network("late", "10.46.0.0/24", spec -> spec.listenPort = 53_002);
    try (var ports = new Versions<>(cluster.network("late"), LateWritesTest::listenPort)) {
      late.release();
      await()
          .atMost(OperatorTestCluster.PATIENCE)
          .untilAsserted(() -> assertThat(ports.values()).last().isEqualTo(53_002));
      assertThat(ports.values()).containsOnly(53_002);
    }
  }

  private static @Nullable Object listenPort(WireGuardNetwork network) {
    var effective = network.getStatus().effective;
    return effective == null ? null : effective.listenPort;
  }

  @Test
  void statusOfAnOlderSpecDoesNotReplaceThatOfANewerOne() throws Exception {
    startHeld();
    cluster.network("late", "10.46.0.0/24", spec -> {});
    awaitAccepted("late");
    var late = requests.hold(STATUS);
    var peer = cluster.peer(here, "laptop", "late", it -> it.getSpec().publicKey = key());
    late.await();
    startOther();
    awaitGeneration(1);
    cluster.editPeer(here, "laptop", it -> it.getSpec().persistentKeepalive = "7s");
    awaitGeneration(2);

    try (var generations = new Versions<>(peer, it -> it.getStatus().observedGeneration)) {
      late.release();
      // The operator is done with the late write, and has looked at the peer again.
      await()
          .atMost(OperatorTestCluster.PATIENCE)
          .until(() -> requests.count("GET /peers/laptop") > 0 && requests.count(SECRET) > 1);
      cluster.editPeer(here, "laptop", it -> it.getSpec().persistentKeepalive = "8s");
      await()
          .atMost(OperatorTestCluster.PATIENCE)
          .untilAsserted(() -> assertThat(generations.values()).last().isEqualTo(3L));
      assertThat(generations.values()).isSorted();
    }
  }

  private void awaitGeneration(long generation) {
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .until(() ->
            Objects.equals(
                cluster.peer(here, "laptop").getStatus().observedGeneration, generation));
  }

  @Test
  void statusIsWrittenOverThatOfAnAgentByOneMoreRequest() throws Exception {
    startHeld();
    cluster.network("late", "10.46.0.0/24", spec -> {});
    awaitAccepted("late");
    cluster.peer(here, "phone", "late", peer -> {});
    cluster.awaitReason(here, "phone", "KeyReady", "Generated");
    long ofPhone = requests.count("GET /peers/phone");
    cluster.editPeer(here, "phone", peer -> peer.getSpec().suspended = true);
    cluster.awaitReason(here, "phone", "Accepted", "Suspended");
    assertThat(requests.count("GET /peers/phone")).as("without a conflict").isEqualTo(ofPhone);

    var late = requests.hold(STATUS);
    cluster.peer(here, "laptop", "late", peer -> {});
    late.await();
    var report = new Peer();
    report.setMetadata(new ObjectMetaBuilder().withNamespace(here).withName("laptop").build());
    report.setSpec(null);
    report.getStatus().connectivity = new PeerStatus.Connectivity();
    report.getStatus().connectivity.state = PeerStatus.State.NEVER;
    apply(report, FieldManagers.AGENT);
    long ofLaptop = requests.count("GET /peers/laptop");
    late.release();

    cluster.awaitReason(here, "laptop", "KeyReady", "Generated");
    var connectivity = cluster.peer(here, "laptop").getStatus().connectivity;
    assertThat(Objects.requireNonNull(connectivity).state).isEqualTo(PeerStatus.State.NEVER);
    assertThat(requests.count("GET /peers/laptop")).isEqualTo(ofLaptop + 1);
  }

  @Test
  void statusThatAnotherProcessWroteIsCorrected() throws Exception {
    startHeld();
    cluster.node("late-a", "late", "192.0.2.141");
    cluster.network("late", "10.46.0.0/24", spec -> {});
    cluster.peer(here, "laptop", "late", peer -> {});
    cluster.awaitPublished(here, "laptop");
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .until(() -> !cluster.meshNodes("late").getFirst().getStatus().conditions.isEmpty());

    var ofPeer = new Peer();
    ofPeer.setMetadata(new ObjectMetaBuilder().withNamespace(here).withName("laptop").build());
    ofPeer.setSpec(null);
    ofPeer.getStatus().addresses = cluster.peer(here, "laptop").getStatus().addresses;
    ofPeer.getStatus().publicKey = cluster.peer(here, "laptop").getStatus().publicKey;
    ofPeer.getStatus().conditions = wrong(Reason.PEER_REQUEST_REFUSED);
    apply(ofPeer, FieldManagers.OPERATOR);
    var ofNetwork = new WireGuardNetwork();
    ofNetwork.setMetadata(new ObjectMetaBuilder().withName("late").build());
    ofNetwork.setSpec(null);
    ofNetwork.getStatus().effective = cluster.network("late").getStatus().effective;
    ofNetwork.getStatus().conditions = wrong(Reason.NETWORK_REQUEST_REFUSED);
    apply(ofNetwork, FieldManagers.OPERATOR);
    var ofNode = new MeshNode();
    ofNode.setMetadata(new ObjectMetaBuilder().withName("late.late-a").build());
    ofNode.setSpec(null);
    ofNode.getStatus().conditions = wrong(Reason.NODE_REQUEST_REFUSED);
    apply(ofNode, FieldManagers.OPERATOR);

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          assertThat(cluster.peer(here, "laptop").getStatus().conditions)
              .noneMatch(LateWritesTest::isWrong);
          assertThat(cluster.network("late").getStatus().conditions)
              .isNotEmpty()
              .noneMatch(LateWritesTest::isWrong);
          assertThat(cluster.meshNodes("late").getFirst().getStatus().conditions)
              .isNotEmpty()
              .noneMatch(LateWritesTest::isWrong);
        });
    cluster.awaitPublished(here, "laptop");
  }

  private static List<Condition> wrong(Reason reason) {
    return List.of(ConditionDraft.of(reason, "Wrong.").since(Instant.now(), 1L));
  }

  private static boolean isWrong(Condition condition) {
    return condition.getMessage().equals("Wrong.");
  }

  @Test
  void operatorThatKnowsADeletedPeerLeavesTheSecretToItsSuccessor() throws Exception {
    startHeld();
    cluster.network("late", "10.46.0.0/24", spec -> {});
    awaitAccepted("late");
    var late = requests.hold(SECRET);
    cluster.peer(here, "laptop", "late", peer -> {});
    late.await();
    cluster.deletePeer(here, "laptop");
    var successor = cluster.peer(here, "laptop", "late", peer -> {});
    startOther();
    cluster.awaitReason(here, "laptop", "KeyReady", "Generated");
    var key = cluster.text(here, "laptop-wiremesh", "privateKey");

    late.release();
    await().atMost(OperatorTestCluster.PATIENCE).until(() -> requests.count(SECRET) > 1);

    var secret = cluster.secret(here, "laptop-wiremesh").orElseThrow();
    assertThat(secret.getMetadata().getOwnerReferences())
        .singleElement()
        .satisfies(owner -> assertThat(owner.getUid()).isEqualTo(successor.getMetadata().getUid()));
    assertThat(cluster.text(here, "laptop-wiremesh", "privateKey")).isEqualTo(key);
  }

  @Test
  void operatorThatKnowsADeletedPeerGeneratesNoKeyForIt() throws Exception {
    startHeld();
    cluster.node("late-a", "late", "192.0.2.143");
    cluster.network("late", "10.46.0.0/24", spec -> {});
    cluster.peer(here, "laptop", "late", peer -> {});
    cluster.awaitPublished(here, "laptop");
    var secret = cluster.secret(here, "laptop-wiremesh").orElseThrow();
    var late = requests.hold(SECRET);
    cluster.editPeer(here, "laptop", peer -> peer.getSpec().persistentKeepalive = "20s");
    late.await();
    cluster.deletePeer(here, "laptop");
    cluster.admin().resource(secret).delete();

    late.release();

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .until(() -> requests.count("GET /peers/laptop") > 0);
    assertThat(cluster.secret(here, "laptop-wiremesh")).isEmpty();
  }

  @Test
  void addressAndKeyOfAPeerWithoutItsNetworkAreMadeAgain() throws Exception {
    startHeld();
    cluster.node("late-a", "late", "192.0.2.142");
    cluster.network("late", "10.46.0.0/24", spec -> {});
    cluster.peer(here, "laptop", "late", peer -> {});
    cluster.awaitPublished(here, "laptop");
    var before = cluster.peer(here, "laptop");
    cluster.admin().resource(cluster.network("late")).delete();
    cluster.awaitReason(here, "laptop", "Accepted", "NetworkNotFound");
    assertThat(cluster.peer(here, "laptop").getStatus().addresses)
        .isEqualTo(before.getStatus().addresses);

    var lost = ofLaptop();
    cluster.admin().resource(lost).delete();
    cluster.admin().resource(cluster.secret(here, "laptop-wiremesh").orElseThrow()).delete();

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          assertThat(ofLaptop().getMetadata().getUid()).isNotEqualTo(lost.getMetadata().getUid());
          assertThat(ofLaptop().getSpec().address).isEqualTo(lost.getSpec().address);
          var key = PrivateKey.parse(cluster.text(here, "laptop-wiremesh", "privateKey"));
          assertThat(cluster.peer(here, "laptop").getStatus().publicKey)
              .isEqualTo(key.publicKey().toString())
              .isNotEqualTo(before.getStatus().publicKey);
        });
  }

  private IPAllocation ofLaptop() {
    return cluster.allocations("late").stream()
        .filter(it -> it.getSpec().owner.name.equals("laptop"))
        .findFirst()
        .orElseThrow();
  }

  private void apply(HasMetadata intent, String manager) {
    cluster
        .admin()
        .resource(intent)
        .subresource("status")
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(manager)
                .withForce(true)
                .build());
  }

  private static String key() {
    return PrivateKey.generate(new SecureRandom()).publicKey().toString();
  }

  /** A value of each version of an object, in their order; null is left out. */
  private final class Versions<T extends HasMetadata> implements Watcher<T>, AutoCloseable {
    private final String uid;
    private final Function<T, @Nullable Object> value;
    private final List<Object> values = new CopyOnWriteArrayList<>();
    private final Watch watch;

    @SuppressWarnings("unchecked")
    Versions(T object, Function<T, @Nullable Object> value) {
      this.uid = object.getMetadata().getUid();
      this.value = value;
      this.watch = ((Resource<T>) cluster.admin().resource(object)).watch(this);
    }

    @Override
    public void eventReceived(Action action, T object) {
      var next = value.apply(object);
      if (object.getMetadata().getUid().equals(uid) && next != null) {
        values.add(next);
      }
    }

    @Override
    public void onClose(WatcherException cause) {}

    List<Object> values() {
      return values;
    }

    @Override
    public void close() {
      watch.close();
    }
  }
}
