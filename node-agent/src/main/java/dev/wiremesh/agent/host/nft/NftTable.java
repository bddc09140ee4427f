package dev.wiremesh.agent.host.nft;

import dev.wiremesh.core.digest.Digests;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A table of nftables in the family {@code inet}: sets and chains. The digest of its content is the
 * comment of the table, so that a listed table shows whether it is up to date.
 *
 * @param name without the family
 */
record NftTable(String name, List<NftSet> sets, List<NftChain> chains) {
  private static final String FAMILY = "inet ";

  NftTable {
    sets = List.copyOf(sets);
    chains = List.copyOf(chains);
  }

  /** The name with its family, as nft lists it. */
  String fullName() {
    return FAMILY + name;
  }

  /** Sets and chains in the syntax of nft. */
  String content() {
    return Stream.concat(sets.stream().map(NftSet::text), chains.stream().map(NftChain::text))
        .collect(Collectors.joining());
  }

  /** Changes with the content. */
  String digest() {
    return Digests.sha256Hex(content(), 8);
  }

  /** Input of {@code nft -f} that replaces the table in one transaction. */
  String script() {
    return """
    table %1$s
    delete table %1$s
    table %1$s {
      comment "%2$s"
    %3$s}
    """
        .formatted(fullName(), digest(), content());
  }
}
