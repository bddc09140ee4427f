package dev.wiremesh.operator.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.api.contract.Annotations;
import dev.wiremesh.api.v1alpha1.Peer;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PeerSecretTest {
  private static final String TYPE = "wiremesh.dev/peer";
  private static final String API = "wiremesh.dev/v1alpha1";

  private final Peer laptop = laptop();

  @Test
  void secretOwnedByThePeerIsItsOwn() {
    assertThat(PeerSecret.of(secret(TYPE, owner(API, "Peer", "laptop", "new")), laptop))
        .isInstanceOf(PeerSecret.Own.class);
  }

  @Test
  void secretWithoutOwnerIsRestored() {
    assertThat(PeerSecret.of(secret(TYPE), laptop)).isInstanceOf(PeerSecret.Restored.class);
  }

  @Test
  void copyThatIsOwnedByAFormerPeerIsRestored() {
    var secret = secret(TYPE, owner(API, "Peer", "laptop", "old"));
    assertThat(PeerSecret.of(secret, laptop)).isInstanceOf(PeerSecret.Restored.class);

    mark(secret, "uid-in-the-backup");
    assertThat(PeerSecret.of(secret, laptop)).isInstanceOf(PeerSecret.Restored.class);
  }

  @Test
  void originalThatIsOwnedByADeletedPeerIsLeft() {
    var secret = secret(TYPE, owner(API, "Peer", "laptop", "old"));
    mark(secret, secret.getMetadata().getUid());

    assertThat(PeerSecret.of(secret, laptop)).isEqualTo(new PeerSecret.Left(secret));
  }

  @Test
  void secretThatIsBeingDeletedIsNotAdopted() {
    var secret = secret(TYPE);
    secret.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");

    assertThat(PeerSecret.of(secret, laptop))
        .isEqualTo(
            new PeerSecret.Unusable(
                "The Secret home/laptop-wiremesh is being deleted: the Peer waits until it is"
                    + " gone."));
  }

  @Test
  void secretOfAnotherTypeOrOwnerIsNotAdopted() {
    assertThat(
            List.of(
                secret("Opaque"),
                secret("Opaque", owner(API, "Peer", "laptop", "old")),
                secret(TYPE, owner(API, "Peer", "phone", "old")),
                secret(TYPE, owner("apps/v1", "Deployment", "laptop", "old")),
                secret(TYPE, owner("other.example/v1", "Peer", "laptop", "old")),
                secret(
                    TYPE,
                    owner(API, "Peer", "laptop", "old"),
                    owner(API, "Peer", "phone", "other"))))
        .allSatisfy(secret ->
            assertThat(PeerSecret.of(secret, laptop)).isInstanceOf(PeerSecret.Unusable.class));
  }

  private static Peer laptop() {
    var peer = new Peer();
    peer.setMetadata(
        new ObjectMetaBuilder().withNamespace("home").withName("laptop").withUid("new").build());
    return peer;
  }

  private static Secret secret(String type, OwnerReference... owners) {
    return new SecretBuilder()
        .withNewMetadata()
        .withNamespace("home")
        .withName("laptop-wiremesh")
        .withUid("secret")
        .withOwnerReferences(owners)
        .endMetadata()
        .withType(type)
        .build();
  }

  private static void mark(Secret secret, String uid) {
    secret.getMetadata().getAnnotations().put(Annotations.SECRET_UID, uid);
  }

  private static OwnerReference owner(String apiVersion, String kind, String name, String uid) {
    return new OwnerReferenceBuilder()
        .withApiVersion(apiVersion)
        .withKind(kind)
        .withName(name)
        .withUid(uid)
        .build();
  }
}
