package dev.wiremesh.operator.peer;

import dev.wiremesh.core.digest.Digests;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which gateway a peer's session lives on. It stays for as long as that gateway is one; a new
 * choice spreads peers evenly and does not depend on the order in which anything came.
 */
final class HomeGateway {

  /**
   * A gateway of the network.
   *
   * @param dialled whether it has the address that the network's spec.gateways.endpoint names
   * @param ready whether its agent reports that all is programmed
   */
  record Candidate(String node, boolean dialled, boolean ready) {}

  private HomeGateway() {}

  static Optional<String> choose(
      String peerUid, @Nullable String current, List<Candidate> candidates) {
    // Clients that all dial one gateway's own address never come to another.
    var dialled = candidates.stream().filter(Candidate::dialled).toList();
    var possible = dialled.isEmpty() ? candidates : dialled;
    if (possible.stream().anyMatch(it -> it.node().equals(current))) {
      return Optional.ofNullable(current);
    }
    return possible.stream()
        .min(
            Comparator.comparing((Candidate it) -> !it.ready())
                .thenComparing(it -> weight(peerUid, it.node()), Arrays::compareUnsigned)
                .thenComparing(Candidate::node))
        .map(Candidate::node);
  }

  /** Rendezvous hashing: another gateway draws only its own share of the peers. */
  private static byte[] weight(String peerUid, String node) {
    return Digests.sha256(peerUid + "\n" + node);
  }
}
