package dev.wiremesh.operator.network;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.operator.node.NodeOverrides;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Mention of overrides without a node in a network's condition Accepted. */
final class UnknownOverrides {
  private static final int MOST_NAMES = 5;

  private UnknownOverrides() {}

  /**
   * The drafts; where the network is accepted, a sentence names the unknown nodes.
   *
   * @param nodes names of the nodes that are in the network
   */
  static List<ConditionDraft> mentioned(
      List<ConditionDraft> drafts, WireGuardNetwork network, Set<String> nodes) {
    var unknown =
        NodeOverrides.of(network).stream()
            .map(override -> override.node)
            .filter(node -> !nodes.contains(node))
            .sorted()
            .toList();
    return unknown.isEmpty()
        ? drafts
        : drafts.stream().map(draft -> mentioned(draft, sentence(unknown))).toList();
  }

  private static ConditionDraft mentioned(ConditionDraft draft, String sentence) {
    return draft.type() == ConditionType.ACCEPTED && draft.isTrue()
        ? ConditionDraft.of(draft.reason(), draft.message() + " " + sentence)
        : draft;
  }

  private static String sentence(List<String> unknown) {
    var names =
        unknown.stream().limit(MOST_NAMES).collect(Collectors.joining(", "))
            + (unknown.size() > MOST_NAMES
                ? " and " + (unknown.size() - MOST_NAMES) + " more"
                : "");
    return "spec.nodes.overrides without effect: "
        + names
        + (unknown.size() == 1 ? " is no node" : " are no nodes")
        + " of this network. Write the name of a Node that spec.nodes.selector matches.";
  }
}
