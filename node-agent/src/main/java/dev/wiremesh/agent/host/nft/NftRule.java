package dev.wiremesh.agent.host.nft;

import java.util.List;

/**
 * A rule of a chain: matches, in order, and the statement that is executed when all of them hold.
 *
 * @param expressions in the syntax of nft; see {@link NftMatch}
 */
record NftRule(List<String> expressions) {
  NftRule {
    expressions = List.copyOf(expressions);
  }

  static NftRule of(String... expressions) {
    return new NftRule(List.of(expressions));
  }

  String text() {
    return String.join(" ", expressions);
  }
}
