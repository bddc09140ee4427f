package dev.wiremesh.operator.peer;

import dev.wiremesh.core.ipam.AddressChoice;
import dev.wiremesh.core.topology.Finding;
import dev.wiremesh.operator.kube.ConditionDraft;
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
    var verdicts = new ArrayList<ConditionDraft>();
    verdicts.add(accepted(facts));
    if (facts.networkInForce() == null) {
      return verdicts;
    }
    verdicts.add(addressAllocated(facts));
    if (facts.key() != null) {
      verdicts.add(keyReady(facts.key()));
    }
    var published = configPublished(facts);
    if (published != null) {
      verdicts.add(published);
    }
    var programmed = programmed(facts);
    if (programmed != null) {
      verdicts.add(programmed);
    }
    return verdicts;
  }

  private static ConditionDraft accepted(Facts facts) {
    var network = facts.network();
    if (facts.networkInForce() == null) {
      return ConditionDraft.no(
          "Accepted",
          "NetworkNotFound",
          "There is no WireGuardNetwork "
              + network
              + ": create it, or delete this Peer and create it in another network.");
    }
    if (facts.suspended()) {
      return ConditionDraft.no(
          "Accepted",
          "Suspended",
          "The peer is cut off: set spec.suspended to false to let it in again.");
    }
    var finding = facts.finding();
    if (finding != null && finding.reason() == Finding.Reason.DUPLICATE_PUBLIC_KEY) {
      return ConditionDraft.no("Accepted", "DuplicatePublicKey", finding.message());
    }
    if (!facts.networkInForce()) {
      return new ConditionDraft(
          "Accepted",
          ConditionDraft.State.UNKNOWN,
          "Waiting",
          "Network " + network + " is not in force yet: see its conditions.");
    }
    return ConditionDraft.yes(
        "Accepted", "Accepted", "The peer belongs to network " + network + ".");
  }

  private static ConditionDraft addressAllocated(Facts facts) {
    var type = "AddressAllocated";
    for (var problem : facts.addressProblems()) {
      switch (problem) {
        case AddressChoice.AddressInUse inUse -> {
          return ConditionDraft.no(type, "AddressInUse", inUse.message());
        }
        case AddressChoice.AddressOutOfRange outOfRange -> {
          return ConditionDraft.no(type, "AddressOutOfRange", outOfRange.message());
        }
        case AddressChoice.PoolExhausted exhausted -> {
          return ConditionDraft.no(type, "PoolExhausted", exhausted.message());
        }
        case AddressChoice.Chosen ignored -> {}
      }
    }
    return ConditionDraft.yes(
        type, "Allocated", "The peer has " + String.join(" and ", facts.addresses()) + ".");
  }

  private static ConditionDraft keyReady(PeerKey key) {
    var type = "KeyReady";
    return switch (key) {
      case PeerKey.Generated ignored ->
          ConditionDraft.yes(
              type, "Generated", "The key was generated and stands in the peer's Secret.");
      case PeerKey.FromSecret ignored ->
          ConditionDraft.yes(
              type, "Provided", "The key comes from the Secret in spec.keySecretRef.");
      case PeerKey.PublicOnly ignored ->
          ConditionDraft.yes(type, "Provided", "The public key comes from spec.publicKey.");
      case PeerKey.NotFound(var message) -> ConditionDraft.no(type, "SecretNotFound", message);
      case PeerKey.Invalid(var message) -> ConditionDraft.no(type, "SecretInvalid", message);
      case PeerKey.NoPlace(var message) -> ConditionDraft.no(type, "SecretConflict", message);
    };
  }

  private static @Nullable ConditionDraft configPublished(Facts facts) {
    var type = "ConfigPublished";
    return switch (facts.configuration()) {
      case Configuration.Published(var secret) ->
          ConditionDraft.yes(
              type, "Published", "The configuration stands in the Secret " + secret + ".");
      case Configuration.NoGateway ignored ->
          ConditionDraft.no(
              type,
              "NoGateway",
              "Network "
                  + facts.network()
                  + " has no gateway: let its spec.gateways.selector match one of its nodes.");
      case Configuration.EndpointUnknown(var gateway) ->
          ConditionDraft.no(
              type,
              "EndpointUnknown",
              "The gateway "
                  + gateway
                  + " has no address that a client could dial: set spec.gateways.endpoint of"
                  + " network "
                  + facts.network()
                  + ".");
      case Configuration.Conflict(var message) ->
          ConditionDraft.no(type, "SecretConflict", message);
      case Configuration.NotYet ignored -> null;
    };
  }

  /** Why no gateway can let the peer in, whatever the gateways do. */
  private static @Nullable ConditionDraft obstacle(Facts facts) {
    var verdicts = new ArrayList<ConditionDraft>();
    if (facts.finding() != null) {
      verdicts.add(accepted(facts));
    }
    if (facts.addresses().isEmpty()) {
      verdicts.add(addressAllocated(facts));
    }
    if (facts.key() != null && facts.key().publicHalf().isEmpty()) {
      verdicts.add(keyReady(facts.key()));
    }
    return verdicts.stream()
        .filter(verdict -> verdict.state() == ConditionDraft.State.FALSE)
        .findFirst()
        .orElse(null);
  }

  private static @Nullable ConditionDraft programmed(Facts facts) {
    var type = "Programmed";
    if (facts.suspended()) {
      return null;
    }
    var obstacle = obstacle(facts);
    if (obstacle != null) {
      return ConditionDraft.no(type, obstacle.reason(), obstacle.message());
    }
    return switch (facts.gateway()) {
      case Gateway.None ignored -> null;
      case Gateway.Programmed(var node) ->
          ConditionDraft.yes(type, "AllGateways", "The gateway " + node + " lets the peer in.");
      case Gateway.Waiting(var node) ->
          ConditionDraft.no(
              type,
              "Waiting",
              "0 of 1 gateways let the peer in; waiting for the agent of node " + node + ".");
      case Gateway.Failed(var node, var message) ->
          ConditionDraft.no(type, "AgentError", "The gateway " + node + " reports: " + message);
    };
  }
}
