package dev.wiremesh.operator.state;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who renews its Lease, judged by changes that were seen and our own monotonic clock: what time a
 * Lease says, and what time it is there, means nothing. Owned by one thread.
 */
final class LeaseExpiry {
  private final long lostAfterNanos;

  private record Sight(String renewal, long atNanos) {}

  private final Map<String, Sight> seen = new HashMap<>();
  private final Map<String, String> lost = new HashMap<>();

  LeaseExpiry(Duration lostAfter) {
    lostAfterNanos = lostAfter.toNanos();
  }

  /**
   * Nothing can be seen now, so nothing is concluded: everybody gets the whole time again. Who was
   * lost stays so until it is seen to renew.
   */
  void blind() {
    seen.clear();
  }

  /**
   * @param renewals what each node's Lease says of its last renewal
   * @return the nodes whose Lease stands still for too long
   */
  Set<String> stalled(Map<String, String> renewals, long nowNanos) {
    seen.keySet().retainAll(renewals.keySet());
    lost.keySet().retainAll(renewals.keySet());
    var stalled = new TreeSet<String>();
    renewals.forEach((node, renewal) -> {
      if (!renewal.equals(lost.get(node))) {
        lost.remove(node);
      }
      var sight = seen.get(node);
      if (sight == null || !sight.renewal.equals(renewal)) {
        seen.put(node, new Sight(renewal, nowNanos));
      } else if (nowNanos - sight.atNanos > lostAfterNanos) {
        stalled.add(node);
      }
      if (lost.containsKey(node)) {
        stalled.add(node);
      }
    });
    return stalled;
  }

  /** It was made sure of. */
  void lost(String node, String renewal) {
    lost.put(node, renewal);
  }

  boolean isLost(String node) {
    return lost.containsKey(node);
  }
}
