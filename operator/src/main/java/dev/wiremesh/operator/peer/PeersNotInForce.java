package dev.wiremesh.operator.peer;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.api.v1alpha1.IPAllocationSpec;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.operator.ipam.AddressAllocator;
import dev.wiremesh.operator.ipam.OwnerAddresses;
import dev.wiremesh.operator.kube.UnknownFields;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.peer.PeerObservation.NetworkState;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/**
 * The status of Peers that are not in force: their spec cannot be read, their network is gone, or
 * the network has no place for them. Such a Peer keeps its addresses and its key where it has them.
 * Thread-safe.
 */
final class PeersNotInForce {
  private final ClusterCache state;
  private final AddressAllocator allocator;
  private final PeerSecrets secrets;
  private final Clock clock;

  PeersNotInForce(
      ClusterCache state, AddressAllocator allocator, PeerSecrets secrets, Clock clock) {
    this.state = state;
    this.allocator = allocator;
    this.secrets = secrets;
    this.clock = clock;
  }

  /** A peer that cannot be read has no session, and keeps its addresses and its key. */
  PeerStatus leftOut(Peer peer, String problem) {
    var generation = peer.getMetadata().getGeneration();
    var status = kept(peer);
    status.observedGeneration = generation;
    status.conditions =
        Conditions.of(
            UnknownFields.leftOut(ConditionDraft.of(Reason.PEER_INVALID_SPEC, problem)),
            peer.getStatus().conditions,
            generation,
            clock.instant());
    return status;
  }

  /**
   * The status of a peer that is not in force. An IPAllocation or a generated key that was deleted
   * meanwhile is made again.
   */
  private PeerStatus kept(Peer peer) {
    var before = peer.getStatus();
    var status = new PeerStatus();
    status.addresses =
        allocator
            .hold(peer.getSpec().networkRef.name, owner(peer), keptAddresses(peer).addresses())
            .stream()
            .map(IpAddress::toString)
            .toList();
    status.publicKey = before.publicKey;
    status.homeGateway = before.homeGateway;
    if (before.configSecret != null) {
      var secret = secrets.read(peer);
      if (secret instanceof PeerSecret.Absent && !isKeyGiven(peer)) {
        status.publicKey =
            secrets.key(peer, secret).publicHalf().map(PublicKey::toString).orElse(null);
        status.configSecret = before.configSecret;
      } else if (secret instanceof PeerSecret.Own) {
        status.configSecret = before.configSecret;
      }
    }
    return status;
  }

  /** A peer whose network is gone keeps everything that it has: the network may come back. */
  PeerStatus withoutNetwork(Peer peer) {
    var status = kept(peer);
    var observation =
        PeerObservation.in(peer.getSpec().networkRef.name)
            .state(NetworkState.ABSENT)
            .suspended(peer.getSpec().suspended)
            .build();
    status.observedGeneration = peer.getMetadata().getGeneration();
    status.conditions = conditions(peer, PeerConditions.of(observation));
    return status;
  }

  /** A peer beyond the network's limits has no address and no key; empty if there is a place. */
  Optional<PeerStatus> withoutPlace(Peer peer, WireGuardNetwork network) {
    if (!PeerQuota.isLimited(network)) {
      return Optional.empty();
    }
    var name = network.getMetadata().getName();
    var bound = allocator.boundOwners(name);
    return PeerQuota.exceeded(
            peer,
            network,
            state.peers().by(ClusterCache.BY_NETWORK, name),
            other -> !other.getStatus().addresses.isEmpty() || bound.contains(owner(other).uid))
        .map(sentence -> {
          var observation =
              PeerObservation.in(name)
                  .suspended(peer.getSpec().suspended)
                  .quotaExceeded(sentence)
                  .build();
          var status = new PeerStatus();
          status.observedGeneration = peer.getMetadata().getGeneration();
          status.conditions = conditions(peer, PeerConditions.of(observation));
          return status;
        });
  }

  static boolean isKeyGiven(Peer peer) {
    return peer.getSpec().publicKey != null || peer.getSpec().keySecretRef != null;
  }

  static OwnerAddresses keptAddresses(Peer peer) {
    return new OwnerAddresses(
        LenientParsing.readAll(peer.getStatus().addresses, IpAddress::parse), List.of());
  }

  List<Condition> conditions(Peer peer, List<ConditionDraft> drafts) {
    return Conditions.of(
        UnknownFields.mentioned(drafts, peer),
        peer.getStatus().conditions,
        peer.getMetadata().getGeneration(),
        clock.instant());
  }

  static IPAllocationSpec.Owner owner(Peer peer) {
    var owner = new IPAllocationSpec.Owner();
    owner.kind = IPAllocationSpec.OwnerKind.PEER;
    owner.namespace = peer.getMetadata().getNamespace();
    owner.name = peer.getMetadata().getName();
    owner.uid = peer.getMetadata().getUid();
    return owner;
  }
}
