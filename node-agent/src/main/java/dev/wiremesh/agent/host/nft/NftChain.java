package dev.wiremesh.agent.host.nft;

import java.util.List;
import java.util.stream.Collectors;

/** A base chain: rules at a hook of the kernel. Packets that no rule decides about pass. */
record NftChain(String name, Hook hook, List<NftRule> rules) {
  /**
   * The place of a chain in the kernel's packet flow.
   *
   * @param type {@code filter} or {@code nat}
   * @param name {@code forward}, {@code output}, {@code postrouting} ...
   * @param priority order among chains of the same hook, as nft names it
   */
  record Hook(String type, String name, String priority) {}

  NftChain {
    rules = List.copyOf(rules);
  }

  String text() {
    return """
      chain %s {
        type %s hook %s priority %s; policy accept;
    %s  }
    """
        .formatted(
            name,
            hook.type,
            hook.name,
            hook.priority,
            rules.stream().map(rule -> "    " + rule.text() + "\n").collect(Collectors.joining()));
  }
}
