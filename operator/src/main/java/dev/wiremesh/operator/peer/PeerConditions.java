package dev.wiremesh.operator.peer;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionStatus;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.core.ipam.AddressChoice;
import dev.wiremesh.core.membership.Finding;
import dev.wiremesh.operator.clientconfig.ConfigurationProblem;
import dev.wiremesh.operator.ipam.OwnerAddresses;
import dev.wiremesh.operator.peer.PeerObservation.Membership;
import dev.wiremesh.operator.peer.PeerObservation.NetworkState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The conditions of a Peer: a pure function of one observation. A condition that cannot be judged
 * yet is absent.
 */
final class PeerConditions {
  private PeerConditions() {}

  static List<ConditionDraft> of(PeerObservation peer) {
    var drafts = judged(peer);
    drafts.add(
        Conditions.summary(
            drafts, ConditionDraft.of(Reason.PEER_READY, "All that Wiremesh has to do is done.")));
    return drafts;
  }

  private static List<ConditionDraft> judged(PeerObservation peer) {
    var drafts = new ArrayList<ConditionDraft>();
    drafts.add(accepted(peer.membership()));
    if (peer.membership().state() == NetworkState.ABSENT
        || peer.membership().quotaExceeded() != null) {
      return drafts;
    }
    drafts.add(addressAllocated(peer.addresses()));
    if (peer.key() != null) {
      drafts.add(keyReady(peer.key()));
    }
    configPublished(peer).ifPresent(drafts::add);
    programmed(peer).ifPresent(drafts::add);
    return drafts;
  }

  private static ConditionDraft accepted(Membership membership) {
    var network = membership.network();
    if (membership.state() == NetworkState.ABSENT) {
      return ConditionDraft.of(
          Reason.PEER_NETWORK_NOT_FOUND,
          "There is no WireGuardNetwork "
              + network
              + ": create it, or delete this Peer and create it in another network.");
    }
    var quotaExceeded = membership.quotaExceeded();
    if (quotaExceeded != null) {
      return ConditionDraft.of(Reason.PEER_QUOTA_EXCEEDED, quotaExceeded);
    }
    if (membership.suspended()) {
      return ConditionDraft.of(
          Reason.PEER_SUSPENDED,
          "The peer is cut off: set spec.suspended to false to let it in again.");
    }
    var duplicate = membership.duplicateKey();
    if (duplicate != null) {
      return duplicateKey(duplicate);
    }
    if (membership.state() == NetworkState.NOT_IN_FORCE) {
      return ConditionDraft.of(
          Reason.PEER_NETWORK_WAITING,
          "Network " + network + " is not in force yet: see its conditions.");
    }
    return ConditionDraft.of(Reason.PEER_ACCEPTED, "The peer belongs to network " + network + ".");
  }

  private static ConditionDraft duplicateKey(Finding finding) {
    return ConditionDraft.of(Reason.PEER_DUPLICATE_PUBLIC_KEY, finding.message());
  }

  private static ConditionDraft addressAllocated(OwnerAddresses addresses) {
    for (var problem : addresses.problems()) {
      switch (problem) {
        case AddressChoice.AddressInUse inUse -> {
          return ConditionDraft.of(Reason.PEER_ADDRESS_IN_USE, inUse.message());
        }
        case AddressChoice.AddressOutOfRange outOfRange -> {
          return ConditionDraft.of(Reason.PEER_ADDRESS_OUT_OF_RANGE, outOfRange.message());
        }
        case AddressChoice.AddressReserved reserved -> {
          return ConditionDraft.of(Reason.PEER_ADDRESS_OUT_OF_RANGE, reserved.message());
        }
        case AddressChoice.PoolExhausted exhausted -> {
          return ConditionDraft.of(Reason.PEER_POOL_EXHAUSTED, exhausted.message());
        }
        case AddressChoice.Chosen _ -> {}
      }
    }
    return ConditionDraft.of(
        Reason.PEER_ADDRESS_ALLOCATED,
        "The peer has " + String.join(" and ", addresses.texts()) + ".");
  }

  private static ConditionDraft keyReady(PeerKey key) {
    return switch (key) {
      case PeerKey.Generated _ ->
          ConditionDraft.of(
              Reason.PEER_KEY_GENERATED, "The key was generated and stands in the peer's Secret.");
      case PeerKey.FromSecret _ ->
          ConditionDraft.of(
              Reason.PEER_KEY_PROVIDED, "The key comes from the Secret in spec.keySecretRef.");
      case PeerKey.PublicOnly _ ->
          ConditionDraft.of(Reason.PEER_KEY_PROVIDED, "The public key comes from spec.publicKey.");
      case PeerKey.NotFound(var message) ->
          ConditionDraft.of(Reason.PEER_KEY_SECRET_NOT_FOUND, message);
      case PeerKey.Invalid(var message) -> ConditionDraft.of(Reason.PEER_KEY_INVALID, message);
      case PeerKey.NoPlace(var message) ->
          ConditionDraft.of(Reason.PEER_KEY_SECRET_CONFLICT, message);
    };
  }

  private static Optional<ConditionDraft> configPublished(PeerObservation peer) {
    var network = peer.membership().network();
    return switch (peer.configuration()) {
      case ConfigurationState.Published(var secret, var advice) ->
          Optional.of(
              ConditionDraft.of(
                  Reason.PEER_CONFIG_PUBLISHED,
                  "The configuration stands in the Secret "
                      + secret
                      + "."
                      + advice.map(sentence -> " " + sentence).orElse("")));
      case ConfigurationState.Unusable(var problem) ->
          Optional.of(ConditionDraft.of(reason(problem), problem.message()));
      case ConfigurationState.NoGateway _ ->
          Optional.of(
              ConditionDraft.of(
                  Reason.PEER_NO_GATEWAY,
                  "Network "
                      + network
                      + " has no gateway: let its spec.gateways.selector match one of its"
                      + " nodes."));
      case ConfigurationState.EndpointUnknown(var gateway) ->
          Optional.of(
              ConditionDraft.of(
                  Reason.PEER_ENDPOINT_UNKNOWN,
                  "The gateway "
                      + gateway
                      + " has no address that a client could dial: set spec.gateways.endpoint of"
                      + " network "
                      + network
                      + "."));
      case ConfigurationState.Conflict(var message) ->
          Optional.of(ConditionDraft.of(Reason.PEER_CONFIG_SECRET_CONFLICT, message));
      case ConfigurationState.NotYet _ -> Optional.empty();
    };
  }

  private static Reason reason(ConfigurationProblem problem) {
    return switch (problem) {
      case ConfigurationProblem.MtuTooSmall _ -> Reason.PEER_MTU_TOO_SMALL;
      case ConfigurationProblem.NothingAllowed _ -> Reason.PEER_NOTHING_ALLOWED;
    };
  }

  private static Optional<ConditionDraft> programmed(PeerObservation peer) {
    if (peer.membership().suspended()) {
      return Optional.empty();
    }
    return missingPart(peer)
        .map(missing -> missing.as(ConditionType.PROGRAMMED))
        .or(() -> programmedAt(peer.gateway()));
  }

  /** The condition without which no gateway lets the peer in, whatever its agent reports. */
  private static Optional<ConditionDraft> missingPart(PeerObservation peer) {
    var drafts = new ArrayList<ConditionDraft>();
    if (peer.membership().duplicateKey() != null) {
      drafts.add(accepted(peer.membership()));
    }
    if (peer.addresses().addresses().isEmpty()) {
      drafts.add(addressAllocated(peer.addresses()));
    }
    if (peer.key() != null && peer.key().publicHalf().isEmpty()) {
      drafts.add(keyReady(peer.key()));
    }
    return drafts.stream().filter(draft -> draft.status() == ConditionStatus.FALSE).findFirst();
  }

  private static Optional<ConditionDraft> programmedAt(GatewayState gateway) {
    return switch (gateway) {
      case GatewayState.None _ -> Optional.empty();
      case GatewayState.Programmed(var node) ->
          Optional.of(
              ConditionDraft.of(
                  Reason.PEER_PROGRAMMED, "The gateway " + node + " lets the peer in."));
      case GatewayState.Waiting(var node) ->
          Optional.of(
              ConditionDraft.of(
                  Reason.PEER_PROGRAMMED_WAITING,
                  "The gateway " + node + " does not let the peer in yet: waiting for its agent."));
      case GatewayState.Silent(var node, var since) ->
          Optional.of(
              ConditionDraft.of(
                  Reason.PEER_AGENT_SILENT,
                  "The agent of gateway "
                      + node
                      + " has been silent since "
                      + since
                      + ", so it is not known whether the gateway lets the peer in: see its"
                      + " MeshNode."));
      case GatewayState.Failed(var node, var message) ->
          Optional.of(
              ConditionDraft.of(
                  Reason.PEER_AGENT_ERROR, "The gateway " + node + " reports: " + message));
    };
  }
}
