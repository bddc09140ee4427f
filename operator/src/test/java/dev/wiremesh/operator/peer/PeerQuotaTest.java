package dev.wiremesh.operator.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class PeerQuotaTest {
  private final List<Peer> peers = new ArrayList<>();

  @Test
  void oldestPeersTakeThePlacesThatAreLeft() {
    var youngest = peer("a", "youngest", 3, false);
    var middle = peer("a", "middle", 2, false);
    var oldest = peer("a", "oldest", 1, false);

    assertThat(exceeded(youngest, null, 2)).isPresent();
    assertThat(exceeded(middle, null, 2)).isEmpty();
    assertThat(exceeded(oldest, null, 2)).isEmpty();
  }

  @Test
  void peerThatHasAnAddressKeepsItsPlaceBeforeOlderOnes() {
    var served = peer("a", "served", 9, true);
    var older = peer("a", "older", 1, false);

    assertThat(exceeded(served, 1, null)).isEmpty();
    assertThat(exceeded(older, 1, null))
        .contains(
            "Network home has 1 peers and allows 1 (its spec.limits.maxPeers): delete one of them,"
                + " or raise the limit.");
    assertThat(exceeded(served, 0, 0)).as("a lowered limit").isEmpty();
  }

  @Test
  void peersBeyondTheirNamespacesLimitTakeNoPlaceOfTheNetwork() {
    for (int i = 0; i < 10; i++) {
      peer("greedy", "peer-" + i, i, false);
    }
    var other = peer("other", "laptop", 50, false);

    assertThat(exceeded(other, 3, 2)).isEmpty();
    assertThat(exceeded(other, 2, 2)).isPresent();
  }

  @Test
  void peerThatIsBeingDeletedTakesNoPlace() {
    var leaving = peer("a", "leaving", 1, true);
    leaving.getMetadata().setDeletionTimestamp("2026-03-01T12:00:00Z");

    assertThat(exceeded(peer("a", "new", 2, false), 1, 1)).isEmpty();
  }

  @Test
  void withoutLimitsThereIsAPlaceForAll() {
    assertThat(exceeded(peer("a", "b", 1, false), null, null)).isEmpty();
  }

  private Optional<String> exceeded(
      Peer peer, @Nullable Integer most, @Nullable Integer mostPerNamespace) {
    var network = new WireGuardNetwork();
    network.setMetadata(new ObjectMetaBuilder().withName("home").build());
    var limits = new WireGuardNetworkSpec.Limits();
    limits.maxPeers = most;
    limits.maxPeersPerNamespace = mostPerNamespace;
    network.getSpec().limits = limits;
    return PeerQuota.exceeded(
        peer, network, peers, other -> !other.getStatus().addresses.isEmpty());
  }

  private Peer peer(String namespace, String name, int age, boolean served) {
    var peer = new Peer();
    peer.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(namespace)
            .withName(name)
            .withUid(namespace + "-" + name)
            .withCreationTimestamp("2026-03-01T11:00:%02dZ".formatted(age % 60))
            .build());
    if (served) {
      peer.getStatus().addresses.add("10.70.0." + (peers.size() + 1));
    }
    peers.add(peer);
    return peer;
  }
}
