package dev.wiremesh.operator.peer;

import dev.wiremesh.core.digest.Digests;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the gateway that holds a peer's session. The choice is kept while that node is a gateway.
 * A new choice is by rendezvous hashing: even, and independent of the order of events.
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
      String peerName, @Nullable String current, List<Candidate> candidates) {
    // If spec.gateways.endpoint is one gateway's own address, no client reaches another gateway.
    var dialled = candidates.stream().filter(Candidate::dialled).toList();
    var possible = dialled.isEmpty() ? candidates : dialled;
    if (possible.stream().anyMatch(candidate -> candidate.node().equals(current))) {
      return Optional.ofNullable(current);
    }
    return possible.stream()
        .min(
            Comparator.comparing((Candidate candidate) -> !candidate.ready())
                .thenComparing(
                    candidate -> weight(peerName, candidate.node()), Arrays::compareUnsigned)
                .thenComparing(Candidate::node))
        .map(Candidate::node);
  }

  /** Another gateway changes the choice of its own share of the peers only. */
  private static byte[] weight(String peerName, String node) {
    return Digests.sha256(peerName + "\n" + node);
  }
}
