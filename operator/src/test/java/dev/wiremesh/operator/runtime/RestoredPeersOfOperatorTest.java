package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.security.SecureRandom;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Peers, namespaces and networks that are deleted, and created again by hand or from a backup. */
@RequiresKubernetes
final class RestoredPeersOfOperatorTest extends RunningOperator {
  RestoredPeersOfOperatorTest(ControlPlane controlPlane) throws Exception {
    super(controlPlane, "restored-peers-test", RESYNC);
  }

  @Test
  @RequiresKubernetes(controllerManager = true)
  void deletedPeerLeavesNothingAndComesBackToItsAddress() {
    cluster.node("again-a", "again", "192.0.2.41");
    cluster.network("again", "10.64.0.0/24", spec -> {});
    cluster.peer(here, "again", "again", peer -> {});
    cluster.awaitPublished(here, "again");
    cluster.peer(here, "again-other", "again", peer -> {});
    cluster.awaitPublished(here, "again-other");
    var address = cluster.peer(here, "again").getStatus().addresses.getFirst();
    var key = cluster.peer(here, "again").getStatus().publicKey;

    cluster.deletePeer(here, "again");

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          assertThat(cluster.secret(here, "again-wiremesh")).isEmpty();
          assertThat(cluster.allocations("again"))
              .filteredOn(it -> it.getSpec().address.equals(address))
              .singleElement()
              .extracting(it -> it.getStatus().releasedAt)
              .isNotNull();
        });
    cluster.peer(here, "again-new", "again", peer -> {});
    cluster.awaitPublished(here, "again-new");
    assertThat(cluster.peer(here, "again-new").getStatus().addresses).doesNotContain(address);

    cluster.peer(here, "again", "again", peer -> {});
    cluster.awaitPublished(here, "again");
    assertThat(cluster.peer(here, "again").getStatus().addresses).containsExactly(address);
    assertThat(cluster.peer(here, "again").getStatus().publicKey).isNotEqualTo(key);
    assertThat(cluster.allocations("again"))
        .filteredOn(it -> it.getSpec().address.equals(address))
        .singleElement()
        .extracting(it -> it.getStatus().releasedAt)
        .isNull();
  }

  @Test
  @RequiresKubernetes(controllerManager = true)
  void namespaceThatIsRestoredKeepsKeysAndAddresses() {
    // With three gateways, a choice by UID would change most configurations.
    cluster.node("back-a", "back", "192.0.2.131");
    cluster.node("back-b", "back", "192.0.2.136");
    cluster.node("back-c", "back", "192.0.2.137");
    cluster.network("back", "10.59.0.0/24", spec -> {});
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .until(() -> cluster.network("back").getStatus().gateways.size() == 3);
    var given = PrivateKey.generate(new SecureRandom()).publicKey().toString();
    cluster.peer(here, "back-generated", "back", peer -> {});
    cluster.peer(here, "back-given", "back", peer -> peer.getSpec().publicKey = given);
    var names = List.of("back-given", "back-generated");
    names.forEach(name -> cluster.awaitPublished(here, name));
    var secrets = names.stream().map(this::savedSecret).toList();
    var before = names.stream().map(name -> cluster.peer(here, name)).toList();

    names.forEach(name -> cluster.deletePeer(here, name));
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(names)
                .allSatisfy(
                    name -> assertThat(cluster.secret(here, name + "-wiremesh")).isEmpty()));
    secrets.forEach(secret -> cluster.admin().resource(secret).create());
    before.forEach(peer ->
        cluster.peer(here, peer.getMetadata().getName(), "back", it -> it.setSpec(peer.getSpec())));

    names.forEach(name -> cluster.awaitPublished(here, name));
    for (var peer : before) {
      var name = peer.getMetadata().getName();
      var after = cluster.peer(here, name);
      assertThat(after.getStatus().publicKey).isEqualTo(peer.getStatus().publicKey);
      assertThat(after.getStatus().addresses).isEqualTo(peer.getStatus().addresses);
      assertThat(cluster.secret(here, name + "-wiremesh").orElseThrow())
          .satisfies(secret -> {
            assertThat(secret.getData()).isEqualTo(secrets.get(names.indexOf(name)).getData());
            assertThat(secret.getMetadata().getOwnerReferences())
                .extracting(OwnerReference::getUid)
                .containsExactly(after.getMetadata().getUid());
          });
      awaitEvent(name, "SecretAdopted");
      assertThat(events(name)).doesNotContain("KeyReplaced");
    }
  }

  @Test
  void secretThatIsRestoredAfterThePeerBringsTheOldKeyBack() {
    cluster.node("late-a", "late", "192.0.2.132");
    cluster.network("late", "10.56.0.0/24", spec -> {});
    cluster.peer(here, "late", "late", peer -> {});
    cluster.awaitPublished(here, "late");
    var saved = savedSecret("late");
    var key = Objects.requireNonNull(cluster.peer(here, "late").getStatus().publicKey);
    cluster.admin().secrets().inNamespace(here).withName("late-wiremesh").delete();
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .until(() -> !key.equals(cluster.peer(here, "late").getStatus().publicKey));

    cluster.admin().resource(saved).update();

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .until(() -> key.equals(cluster.peer(here, "late").getStatus().publicKey));
  }

  @Test
  @RequiresKubernetes(controllerManager = true)
  void peerThatIsCreatedAgainAtOnceDoesNotGetTheKeyOfTheDeletedOne() {
    cluster.node("quick-a", "quick", "192.0.2.135");
    cluster.network("quick", "10.52.0.0/24", spec -> {});
    cluster.peer(here, "quick", "quick", peer -> {});
    cluster.awaitPublished(here, "quick");
    var key = cluster.peer(here, "quick").getStatus().publicKey;

    cluster.deletePeer(here, "quick");
    cluster.peer(here, "quick", "quick", peer -> {});
    cluster.awaitPublished(here, "quick");

    assertThat(cluster.peer(here, "quick").getStatus().publicKey).isNotEqualTo(key);
    assertThat(events("quick")).doesNotContain("SecretAdopted");
  }

  @Test
  @RequiresKubernetes(controllerManager = true)
  void networkThatIsRestoredWholeHasTheSameClients() {
    cluster.node("whole-a", "whole", "192.0.2.133");
    cluster.network("whole", "10.55.0.0/24", spec -> {});
    var names = List.of("whole-one", "whole-two");
    names.forEach(name -> cluster.peer(here, name, "whole", peer -> {}));
    names.forEach(name -> cluster.awaitPublished(here, name));
    var spec = cluster.network("whole").getSpec();
    var secrets =
        Stream.of(
                savedSecret(OperatorTestCluster.NAMESPACE, "wiremesh-gateway-whole"),
                savedSecret(OperatorTestCluster.NAMESPACE, "wiremesh-network-whole"),
                savedSecret(here, "whole-one-wiremesh"),
                savedSecret(here, "whole-two-wiremesh"))
            .toList();
    var allocations = cluster.allocations("whole");
    var configurations = names.stream().map(name -> cluster.configuration(here, name)).toList();

    names.forEach(name -> cluster.deletePeer(here, name));
    cluster.admin().resource(cluster.network("whole")).delete();
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          assertThat(cluster.meshNodes("whole")).isEmpty();
          assertThat(cluster.secret(here, "whole-one-wiremesh")).isEmpty();
          assertThat(cluster.secret(here, "whole-two-wiremesh")).isEmpty();
        });
    secrets.forEach(secret -> cluster.admin().resource(secret).delete());
    allocations.forEach(allocation -> cluster.admin().resource(allocation).delete());

    secrets.forEach(secret -> cluster.admin().resource(secret).create());
    allocations.forEach(allocation -> {
      allocation.setMetadata(
          new ObjectMetaBuilder().withName(allocation.getMetadata().getName()).build());
      allocation.setStatus(null);
      cluster.admin().resource(allocation).create();
    });
    cluster.network("whole", "10.55.0.0/24", it -> it.addressPools = spec.addressPools);
    // Not in the order of their creation.
    names.reversed().forEach(name -> cluster.peer(here, name, "whole", peer -> {}));

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(names)
                .allSatisfy(name -> assertThat(events(name)).contains("SecretAdopted")));
    names.forEach(name -> cluster.awaitPublished(here, name));
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(names.stream().map(name -> cluster.configuration(here, name)))
                .containsExactlyElementsOf(configurations));
  }

  @Test
  void restoredSecretWhoseKeyDoesNotFitIsLeftAlone() {
    cluster.node("misfit-a", "misfit", "192.0.2.134");
    cluster.network("misfit", "10.53.0.0/24", spec -> {});
    var key = PrivateKey.generate(new SecureRandom());
    var another = PrivateKey.generate(new SecureRandom()).publicKey().toString();
    var mixed = cluster.admin().resource(peerSecret("misfit", key.toBase64(), another)).create();
    cluster.peer(here, "misfit", "misfit", peer -> {});
    cluster.awaitReason(here, "misfit", "Ready", "SecretConflict");

    assertThat(cluster.condition(here, "misfit", "KeyReady").orElseThrow().getMessage())
        .contains("privateKey and publicKey do not belong together");
    assertThat(cluster.secret(here, "misfit-wiremesh").orElseThrow()).isEqualTo(mixed);

    cluster.admin().resource(peerSecret("misfit", key.toBase64(), null)).update();
    cluster.awaitPublished(here, "misfit");
    assertThat(cluster.peer(here, "misfit").getStatus().publicKey)
        .isEqualTo(key.publicKey().toString());
  }

  /** A Secret as a backup has it. */
  private Secret savedSecret(String peer) {
    return savedSecret(here, peer + "-wiremesh");
  }

  private Secret savedSecret(String namespace, String name) {
    var secret = cluster.secret(namespace, name).orElseThrow();
    return new SecretBuilder(secret)
        .editMetadata()
        .withUid(null)
        .withResourceVersion(null)
        .withCreationTimestamp(null)
        .withManagedFields(List.of())
        .withOwnerReferences(List.of())
        .endMetadata()
        .build();
  }

  private Secret peerSecret(String peer, String privateKey, @Nullable String publicKey) {
    var builder =
        new SecretBuilder()
            .withNewMetadata()
            .withNamespace(here)
            .withName(peer + "-wiremesh")
            .endMetadata()
            .withType("wiremesh.dev/peer")
            .addToStringData("privateKey", privateKey);
    return publicKey == null
        ? builder.build()
        : builder.addToStringData("publicKey", publicKey).build();
  }
}
