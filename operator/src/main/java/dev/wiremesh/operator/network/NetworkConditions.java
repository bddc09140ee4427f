package dev.wiremesh.operator.network;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.operator.net.PrivateAddresses;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is said of a network: a pure function of what was found out about it. */
final class NetworkConditions {
  private static final int MOST_NAMES = 5;

  /**
   * What was found out.
   *
   * @param deviceConflicts what another network has; whole sentences
   * @param invalid what else is wrong with the spec; whole sentences
   * @param exhausted names of the address families that no pool has room for
   * @param gateways null where the spec asks for none
   * @param waiting nodes whose agent does not report that all is programmed
   */
  record Facts(
      List<String> deviceConflicts,
      List<String> invalid,
      List<String> exhausted,
      @Nullable List<GatewayFacts> gateways,
      int nodes,
      List<String> waiting) {}

  /**
   * A gateway.
   *
   * @param host what clients dial; null if nothing is known
   */
  record GatewayFacts(String node, @Nullable String host) {}

  private NetworkConditions() {}

  static List<ConditionDraft> of(Facts facts) {
    var drafts = new ArrayList<ConditionDraft>();
    drafts.add(accepted(facts));
    drafts.add(addressesAvailable(facts));
    var gateways = facts.gateways();
    if (gateways != null) {
      drafts.add(gatewayAvailable(gateways));
    }
    drafts.add(agentsReady(facts));
    drafts.add(
        Conditions.summary(
            drafts,
            ConditionDraft.of(Reason.NETWORK_READY, "All that Wiremesh has to do is done.")));
    return drafts;
  }

  private static ConditionDraft accepted(Facts facts) {
    if (!facts.deviceConflicts().isEmpty()) {
      return ConditionDraft.of(
          Reason.NETWORK_PORT_CONFLICT, String.join(" ", facts.deviceConflicts()));
    }
    if (!facts.invalid().isEmpty()) {
      return ConditionDraft.of(Reason.NETWORK_INVALID_SPEC, String.join(" ", facts.invalid()));
    }
    return ConditionDraft.of(Reason.NETWORK_ACCEPTED, "The network is in force.");
  }

  private static ConditionDraft addressesAvailable(Facts facts) {
    return facts.exhausted().isEmpty()
        ? ConditionDraft.of(
            Reason.NETWORK_ADDRESSES_AVAILABLE, "Every address family has free addresses.")
        : ConditionDraft.of(
            Reason.NETWORK_POOL_EXHAUSTED,
            "No free "
                + String.join(" and no free ", facts.exhausted())
                + " address is left: add a pool to spec.addressPools, or delete what is no longer"
                + " needed.");
  }

  private static ConditionDraft gatewayAvailable(List<GatewayFacts> gateways) {
    if (gateways.isEmpty()) {
      return ConditionDraft.of(
          Reason.NETWORK_NO_GATEWAY,
          "No node of the network matches spec.gateways.selector: label one, or widen the"
              + " selector.");
    }
    var reachable = gateways.stream().filter(it -> it.host() != null).toList();
    if (reachable.isEmpty()) {
      return ConditionDraft.of(
          Reason.NETWORK_NO_ENDPOINT,
          "No gateway has an address: set spec.gateways.endpoint to what clients shall dial.");
    }
    var hidden =
        reachable.stream()
            .filter(it -> it.host() != null && PrivateAddresses.isPrivate(it.host()))
            .findFirst();
    if (hidden.isPresent()) {
      return ConditionDraft.of(
          Reason.NETWORK_ENDPOINT_PRIVATE,
          "Clients elsewhere cannot reach "
              + hidden.get().host()
              + ": set spec.gateways.endpoint, unless all clients are near.");
    }
    return ConditionDraft.of(
        Reason.NETWORK_GATEWAY_AVAILABLE, "Peers enter by " + counted(gateways.size()) + ".");
  }

  private static String counted(int gateways) {
    return gateways == 1 ? "1 gateway" : gateways + " gateways";
  }

  private static ConditionDraft agentsReady(Facts facts) {
    int nodes = facts.nodes();
    var waiting = facts.waiting();
    if (nodes == 0) {
      return ConditionDraft.of(
          Reason.NETWORK_WAITING,
          "No node has joined: let spec.nodes.selector match some, {} matches all.");
    }
    if (waiting.isEmpty()) {
      return ConditionDraft.of(
          Reason.NETWORK_AGENTS_READY, "All " + nodes + " nodes are programmed.");
    }
    var names =
        String.join(", ", waiting.subList(0, Math.min(MOST_NAMES, waiting.size())))
            + (waiting.size() > MOST_NAMES
                ? " and " + (waiting.size() - MOST_NAMES) + " more"
                : "");
    return ConditionDraft.of(
        Reason.NETWORK_WAITING,
        (nodes - waiting.size())
            + " of "
            + nodes
            + " nodes are programmed; waiting for "
            + names
            + ".");
  }
}
