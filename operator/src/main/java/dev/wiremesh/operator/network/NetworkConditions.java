package dev.wiremesh.operator.network;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.operator.net.PrivateAddresses;
import dev.wiremesh.operator.network.NetworkObservation.GatewayAddress;
import java.util.ArrayList;
import java.util.List;

/** The conditions of a WireGuardNetwork: a pure function of one observation. */
final class NetworkConditions {
  private static final int MOST_NAMES = 5;

  private NetworkConditions() {}

  static List<ConditionDraft> of(NetworkObservation network) {
    var drafts = new ArrayList<ConditionDraft>();
    drafts.add(accepted(network));
    drafts.add(addressesAvailable(network));
    var gateways = network.gateways();
    if (gateways != null) {
      drafts.add(gatewayAvailable(gateways));
    }
    drafts.add(agentsReady(network));
    drafts.add(
        Conditions.summary(
            drafts,
            ConditionDraft.of(Reason.NETWORK_READY, "All that Wiremesh has to do is done.")));
    return drafts;
  }

  private static ConditionDraft accepted(NetworkObservation network) {
    if (!network.deviceConflicts().isEmpty()) {
      return ConditionDraft.of(
          Reason.NETWORK_PORT_CONFLICT, String.join(" ", network.deviceConflicts()));
    }
    if (!network.poolOverlaps().isEmpty()) {
      return ConditionDraft.of(
          Reason.NETWORK_INVALID_SPEC, String.join(" ", network.poolOverlaps()));
    }
    return ConditionDraft.of(Reason.NETWORK_ACCEPTED, "The network is in force.");
  }

  private static ConditionDraft addressesAvailable(NetworkObservation network) {
    return network.exhausted().isEmpty()
        ? ConditionDraft.of(
            Reason.NETWORK_ADDRESSES_AVAILABLE, "Every address family has free addresses.")
        : ConditionDraft.of(
            Reason.NETWORK_POOL_EXHAUSTED,
            "No free "
                + String.join(" and no free ", network.exhausted())
                + " address is left: add a pool to spec.addressPools, or delete what is no longer"
                + " needed.");
  }

  private static ConditionDraft gatewayAvailable(List<GatewayAddress> gateways) {
    if (gateways.isEmpty()) {
      return ConditionDraft.of(
          Reason.NETWORK_NO_GATEWAY,
          "No node of the network matches spec.gateways.selector: label one, or widen the"
              + " selector.");
    }
    var reachable = gateways.stream().filter(gateway -> gateway.host() != null).toList();
    if (reachable.isEmpty()) {
      return ConditionDraft.of(
          Reason.NETWORK_NO_ENDPOINT,
          "No gateway has an address: set spec.gateways.endpoint to what clients shall dial.");
    }
    var hidden =
        reachable.stream()
            .filter(gateway -> gateway.host() != null && PrivateAddresses.isPrivate(gateway.host()))
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

  private static ConditionDraft agentsReady(NetworkObservation network) {
    int nodes = network.nodes();
    var waiting = network.waiting();
    var silent = network.silent();
    if (nodes == 0) {
      return ConditionDraft.of(
          Reason.NETWORK_WAITING,
          "No node has joined: let spec.nodes.selector match some, {} matches all.");
    }
    if (waiting.isEmpty() && silent.isEmpty()) {
      return ConditionDraft.of(
          Reason.NETWORK_AGENTS_READY, "All " + nodes + " nodes are programmed.");
    }
    var counted =
        (nodes - waiting.size() - silent.size()) + " of " + nodes + " nodes are programmed";
    var others = waiting.isEmpty() ? "" : "; waiting for " + names(waiting);
    if (silent.isEmpty()) {
      return ConditionDraft.of(Reason.NETWORK_WAITING, counted + others + ".");
    }
    var since =
        silent.stream().map(agent -> agent.node() + " (since " + agent.since() + ")").toList();
    return ConditionDraft.of(
        Reason.NETWORK_AGENT_SILENT,
        counted
            + "; "
            + (silent.size() == 1 ? "an agent is silent: " : silent.size() + " agents are silent: ")
            + names(since)
            + others
            + ". Their MeshNodes say where to look.");
  }

  private static String names(List<String> all) {
    return String.join(", ", all.subList(0, Math.min(MOST_NAMES, all.size())))
        + (all.size() > MOST_NAMES ? " and " + (all.size() - MOST_NAMES) + " more" : "");
  }
}
