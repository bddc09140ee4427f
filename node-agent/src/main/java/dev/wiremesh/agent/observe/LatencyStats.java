package dev.wiremesh.agent.observe;

import dev.wiremesh.core.keys.PublicKey;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How long the handshakes of one network took, and how far its peers are by them and by probes. The
 * device's thread adds, the control thread forgets, any thread reads.
 */
public final class LatencyStats {
  private final DurationHistogram outgoing = handshakes();
  private final DurationHistogram incoming = handshakes();
  private final Map<PublicKey, DurationHistogram> roundTrips = new ConcurrentHashMap<>();
  private final Map<PublicKey, DurationHistogram> probed = new ConcurrentHashMap<>();

  private static DurationHistogram handshakes() {
    return new DurationHistogram(.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5);
  }

  /** Fewer steps: these are counted for each peer. */
  private static DurationHistogram roundTrips() {
    return new DurationHistogram(.001, .005, .01, .025, .05, .1, .25, .5, 1);
  }

  public void completed(PublicKey peer, boolean initiator, Duration duration) {
    (initiator ? outgoing : incoming).add(duration);
    roundTrips.computeIfAbsent(peer, key -> roundTrips()).add(duration);
  }

  public void probed(PublicKey peer, Duration roundTrip) {
    probed.computeIfAbsent(peer, key -> roundTrips()).add(roundTrip);
  }

  public void retain(Set<PublicKey> peers) {
    roundTrips.keySet().retainAll(peers);
    probed.keySet().retainAll(peers);
  }

  /** Those that we began: from the last initiation to the response. */
  public DurationHistogram outgoing() {
    return outgoing;
  }

  /** Those that a peer began: from our response to the first packet under the new key. */
  public DurationHistogram incoming() {
    return incoming;
  }

  /** Each undisturbed handshake is one round trip, whoever began it; empty before the first. */
  public Optional<DurationHistogram> roundTrips(PublicKey peer) {
    return Optional.ofNullable(roundTrips.get(peer));
  }

  /** Round trips of probes inside the tunnel; empty before the first. */
  public Optional<DurationHistogram> probes(PublicKey peer) {
    return Optional.ofNullable(probed.get(peer));
  }
}
