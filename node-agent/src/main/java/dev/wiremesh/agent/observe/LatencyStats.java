package dev.wiremesh.agent.observe;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toSet;

import dev.wiremesh.core.keys.PublicKey;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Histograms of a network's handshake durations, and of the round trip times to its peers. Device
 * threads add, the control thread removes, any thread reads.
 */
public final class LatencyStats {
  /** Label of handshakes: {@code outgoing} from this node, or {@code incoming}. */
  public static final String DIRECTION = "direction";

  /** Label of round trips: measured by a {@code handshake} or a {@code probe}. */
  public static final String SOURCE = "source";

  private static final String KEY = "key";
  private static final String HANDSHAKE = "handshake";
  private static final String PROBE = "probe";

  private final Histogram handshakes =
      Histogram.builder()
          .name("handshakes")
          .labelNames(DIRECTION)
          .classicOnly()
          .withoutExemplars()
          .classicUpperBounds(.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5)
          .build();

  /** Fewer buckets than for handshakes, because there is one histogram per peer. */
  private final Histogram roundTrips =
      Histogram.builder()
          .name("round_trips")
          .labelNames(KEY, SOURCE)
          .classicOnly()
          .withoutExemplars()
          .classicUpperBounds(.001, .005, .01, .025, .05, .1, .25, .5, 1)
          .build();

  /**
   * A handshake without retransmission is one round trip.
   *
   * @param duration of an outgoing handshake from the last initiation to the response; of an
   *     incoming one from the response to the first packet under the new key
   */
  public void handshakeCompleted(PublicKey peer, boolean initiator, Duration duration) {
    double seconds = seconds(duration);
    handshakes.labelValues(initiator ? "outgoing" : "incoming").observe(seconds);
    roundTrips.labelValues(peer.toString(), HANDSHAKE).observe(seconds);
  }

  /** A probe inside the tunnel was answered. */
  public void probeAnswered(PublicKey peer, Duration roundTrip) {
    roundTrips.labelValues(peer.toString(), PROBE).observe(seconds(roundTrip));
  }

  /** Removes the round trips of other peers than these. */
  public void retain(Set<PublicKey> peers) {
    var keys = peers.stream().map(PublicKey::toString).collect(toSet());
    for (var point : roundTrips.collect().getDataPoints()) {
      var key = keyOf(point);
      if (!keys.contains(key)) {
        roundTrips.remove(key, point.getLabels().get(SOURCE));
      }
    }
  }

  /** Durations of handshakes by {@link #DIRECTION}; those without a handshake are absent. */
  public List<HistogramDataPointSnapshot> handshakes() {
    return handshakes.collect().getDataPoints();
  }

  /** Round trips by {@link #SOURCE}, for each public key of a peer. */
  public Map<String, List<HistogramDataPointSnapshot>> roundTrips() {
    return roundTrips.collect().getDataPoints().stream().collect(groupingBy(LatencyStats::keyOf));
  }

  private static String keyOf(HistogramDataPointSnapshot point) {
    return String.valueOf(point.getLabels().get(KEY));
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
