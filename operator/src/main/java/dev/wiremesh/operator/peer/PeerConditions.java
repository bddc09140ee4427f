package dev.wiremesh.operator.peer;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionStatus;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.core.ipam.AddressChoice;
import dev.wiremesh.core.topology.Finding;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is said of a peer: a pure function of what was found out about it. What cannot be judged yet
 * is not mentioned.
 */
final class PeerConditions {

  /** How far the peer's configuration got. */
  sealed interface Configuration {
    /** It stands in the Secret. */
    record Published(String secret) implements Configuration {}

    /** No gateway that it could name. */
    record NoGateway() implements Configuration {}

    /** The gateway has no address. */
    record EndpointUnknown(String gateway) implements Configuration {}

    /** Its Secret's name is taken. */
    record Conflict(String message) implements Configuration {}

    /** Something else is missing before it can be written. */
    record NotYet() implements Configuration {}
  }

  /** What the home gateway's agent reports. */
  sealed interface Gateway {
    /** There is none. */
    record None() implements Gateway {}

    /** All is programmed. */
    record Programmed(String node) implements Gateway {}

    /** It has not said so yet. */
    record Waiting(String node) implements Gateway {}

    /** It cannot do its part. */
    record Failed(String node, String message) implements Gateway {}
  }

  /**
   * What was found out.
   *
   * @param networkInForce null if there is no such network
   * @param finding why the peer is left out of the mesh, if it is
   * @param addressProblems for each family that could not be served: why
   */
  record Facts(
      String network,
      @Nullable Boolean networkInForce,
      boolean suspended,
      @Nullable Finding finding,
      List<String> addresses,
      List<AddressChoice> addressProblems,
      @Nullable PeerKey key,
      Configuration configuration,
      Gateway gateway) {}

  private PeerConditions() {}

  static List<ConditionDraft> of(Facts facts) {
    var drafts = judged(facts);
    drafts.add(
        Conditions.summary(
            drafts, ConditionDraft.of(Reason.PEER_READY, "All that Wiremesh has to do is done.")));
    return drafts;
  }

  private static List<ConditionDraft> judged(Facts facts) {
    var drafts = new ArrayList<ConditionDraft>();
    drafts.add(accepted(facts));
    if (facts.networkInForce() == null) {
      return drafts;
    }
    drafts.add(addressAllocated(facts));
    if (facts.key() != null) {
      drafts.add(keyReady(facts.key()));
    }
    var published = configPublished(facts);
    if (published != null) {
      drafts.add(published);
    }
    var programmed = programmed(facts);
    if (programmed != null) {
      drafts.add(programmed);
    }
    return drafts;
  }

  private static ConditionDraft accepted(Facts facts) {
    var network = facts.network();
    if (facts.networkInForce() == null) {
      return ConditionDraft.of(
          Reason.PEER_NETWORK_NOT_FOUND,
          "There is no WireGuardNetwork "
              + network
              + ": create it, or delete this Peer and create it in another network.");
    }
    if (facts.suspended()) {
      return ConditionDraft.of(
          Reason.PEER_SUSPENDED,
          "The peer is cut off: set spec.suspended to false to let it in again.");
    }
    var finding = facts.finding();
    if (finding != null && finding.reason() == Finding.Reason.DUPLICATE_PUBLIC_KEY) {
      return ConditionDraft.of(Reason.PEER_DUPLICATE_PUBLIC_KEY, finding.message());
    }
    if (!facts.networkInForce()) {
      return ConditionDraft.of(
          Reason.PEER_NETWORK_WAITING,
          "Network " + network + " is not in force yet: see its conditions.");
    }
    return ConditionDraft.of(Reason.PEER_ACCEPTED, "The peer belongs to network " + network + ".");
  }

  private static ConditionDraft addressAllocated(Facts facts) {
    for (var problem : facts.addressProblems()) {
      switch (problem) {
        case AddressChoice.AddressInUse inUse -> {
          return ConditionDraft.of(Reason.PEER_ADDRESS_IN_USE, inUse.message());
        }
        case AddressChoice.AddressOutOfRange outOfRange -> {
          return ConditionDraft.of(Reason.PEER_ADDRESS_OUT_OF_RANGE, outOfRange.message());
        }
        case AddressChoice.PoolExhausted exhausted -> {
          return ConditionDraft.of(Reason.PEER_POOL_EXHAUSTED, exhausted.message());
        }
        case AddressChoice.Chosen ignored -> {}
      }
    }
    return ConditionDraft.of(
        Reason.PEER_ADDRESS_ALLOCATED,
        "The peer has " + String.join(" and ", facts.addresses()) + ".");
  }

  private static ConditionDraft keyReady(PeerKey key) {
    return switch (key) {
      case PeerKey.Generated ignored ->
          ConditionDraft.of(
              Reason.PEER_KEY_GENERATED, "The key was generated and stands in the peer's Secret.");
      case PeerKey.FromSecret ignored ->
          ConditionDraft.of(
              Reason.PEER_KEY_PROVIDED, "The key comes from the Secret in spec.keySecretRef.");
      case PeerKey.PublicOnly ignored ->
          ConditionDraft.of(Reason.PEER_KEY_PROVIDED, "The public key comes from spec.publicKey.");
      case PeerKey.NotFound(var message) ->
          ConditionDraft.of(Reason.PEER_KEY_SECRET_NOT_FOUND, message);
      case PeerKey.Invalid(var message) -> ConditionDraft.of(Reason.PEER_KEY_INVALID, message);
      case PeerKey.NoPlace(var message) ->
          ConditionDraft.of(Reason.PEER_KEY_SECRET_CONFLICT, message);
    };
  }

  private static @Nullable ConditionDraft configPublished(Facts facts) {
    return switch (facts.configuration()) {
      case Configuration.Published(var secret) ->
          ConditionDraft.of(
              Reason.PEER_CONFIG_PUBLISHED,
              "The configuration stands in the Secret " + secret + ".");
      case Configuration.NoGateway ignored ->
          ConditionDraft.of(
              Reason.PEER_NO_GATEWAY,
              "Network "
                  + facts.network()
                  + " has no gateway: let its spec.gateways.selector match one of its nodes.");
      case Configuration.EndpointUnknown(var gateway) ->
          ConditionDraft.of(
              Reason.PEER_ENDPOINT_UNKNOWN,
              "The gateway "
                  + gateway
                  + " has no address that a client could dial: set spec.gateways.endpoint of"
                  + " network "
                  + facts.network()
                  + ".");
      case Configuration.Conflict(var message) ->
          ConditionDraft.of(Reason.PEER_CONFIG_SECRET_CONFLICT, message);
      case Configuration.NotYet ignored -> null;
    };
  }

  /** Why no gateway can let the peer in, whatever the gateways do. */
  private static @Nullable ConditionDraft obstacle(Facts facts) {
    var drafts = new ArrayList<ConditionDraft>();
    if (facts.finding() != null) {
      drafts.add(accepted(facts));
    }
    if (facts.addresses().isEmpty()) {
      drafts.add(addressAllocated(facts));
    }
    if (facts.key() != null && facts.key().publicHalf().isEmpty()) {
      drafts.add(keyReady(facts.key()));
    }
    return drafts.stream()
        .filter(draft -> draft.status() == ConditionStatus.FALSE)
        .findFirst()
        .orElse(null);
  }

  private static @Nullable ConditionDraft programmed(Facts facts) {
    if (facts.suspended()) {
      return null;
    }
    var obstacle = obstacle(facts);
    if (obstacle != null) {
      return obstacle.as(ConditionType.PROGRAMMED);
    }
    return switch (facts.gateway()) {
      case Gateway.None ignored -> null;
      case Gateway.Programmed(var node) ->
          ConditionDraft.of(Reason.PEER_PROGRAMMED, "The gateway " + node + " lets the peer in.");
      case Gateway.Waiting(var node) ->
          ConditionDraft.of(
              Reason.PEER_PROGRAMMED_WAITING,
              "The gateway " + node + " does not let the peer in yet: waiting for its agent.");
      case Gateway.Failed(var node, var message) ->
          ConditionDraft.of(
              Reason.PEER_AGENT_ERROR, "The gateway " + node + " reports: " + message);
    };
  }
}
