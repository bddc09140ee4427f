package dev.wiremesh.operator.state;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The nodes whose Lease has expired. Measured by observed changes and this process's monotonic
 * clock, never by the times that a Lease says: clocks of nodes differ. An operator that has just
 * started, or whose watch was interrupted, sees each Lease for the first time. Owned by one thread.
 */
final class LeaseExpiry {
  private final long lostAfterNanos;

  private record Observed(String renewal, long sinceNanos) {}

  private final Map<String, Observed> seen = new HashMap<>();
  private final Map<String, String> lost = new HashMap<>();

  LeaseExpiry(Duration lostAfter) {
    lostAfterNanos = lostAfter.toNanos();
  }

  /**
   * The watch is interrupted: each Lease gets its whole time again. A node that is lost stays lost
   * until a renewal is observed.
   */
  void blind() {
    seen.clear();
  }

  /**
   * @param renewals for each node a text that changes with each renewal
   * @return the nodes whose text has not changed for too long
   */
  Set<String> stalled(Map<String, String> renewals, long nowNanos) {
    seen.keySet().retainAll(renewals.keySet());
    lost.keySet().retainAll(renewals.keySet());
    var stalled = new TreeSet<String>();
    renewals.forEach((node, renewal) -> {
      if (!renewal.equals(lost.get(node))) {
        lost.remove(node);
      }
      var known = seen.get(node);
      if (known == null || !known.renewal.equals(renewal)) {
        seen.put(node, new Observed(renewal, nowNanos));
      } else if (nowNanos - known.sinceNanos > lostAfterNanos) {
        stalled.add(node);
      }
      if (lost.containsKey(node)) {
        stalled.add(node);
      }
    });
    return stalled;
  }

  /** Time since a node's text last changed, as far as it was observed. */
  Duration stalledFor(String node, long nowNanos) {
    var known = seen.get(node);
    return known == null ? Duration.ZERO : Duration.ofNanos(nowNanos - known.sinceNanos);
  }

  /** The expiry was confirmed at the API server. */
  void lost(String node, String renewal) {
    lost.put(node, renewal);
  }

  boolean isLost(String node) {
    return lost.containsKey(node);
  }
}
