package dev.wiremesh.agent.host.nft;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
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
    try {
      var sha = MessageDigest.getInstance("SHA-256");
      var bytes = sha.digest(content().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(bytes, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
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
