package dev.wiremesh.agent.observe;

import dev.wiremesh.agent.time.Moment;
import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.core.keys.PublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Ages of the peers' last handshakes by the monotonic clock. Handshakes carry wall times; each is
 * dated anew when it is first observed, so that a wall clock that is set later changes no age.
 * Owned by the control thread.
 */
final class HandshakeAges {
  private record Dated(Instant handshake, MonotonicTime at) {}

  private final Map<PublicKey, Dated> dated = new HashMap<>();
  private Set<PublicKey> observed = Set.of();
  private MonotonicTime observedAt = MonotonicTime.LONG_AGO;

  /**
   * @param handshake wall time of the peer's last handshake
   */
  Duration ageOf(PublicKey peer, Instant handshake, Moment now) {
    var known = dated.get(peer);
    if (known == null || !known.handshake().equals(handshake)) {
      known = new Dated(handshake, now.monotonic().minus(firstAge(peer, handshake, now)));
      dated.put(peer, known);
    }
    return now.monotonic().since(known.at());
  }

  /** A handshake that the last observation did not show is younger than it. */
  private Duration firstAge(PublicKey peer, Instant handshake, Moment now) {
    var age = Duration.between(handshake, now.wall());
    var longest = now.monotonic().since(observedAt);
    if (observed.contains(peer) && age.compareTo(longest) > 0) {
      return longest;
    }
    return age.isNegative() ? Duration.ZERO : age;
  }

  /**
   * @param peers that were observed; others are forgotten
   */
  void endObservation(Set<PublicKey> peers, Moment now) {
    dated.keySet().retainAll(peers);
    observed = Set.copyOf(peers);
    observedAt = now.monotonic();
  }
}
