package dev.wiremesh.agent.bypass;

import java.util.Optional;
import java.util.Set;

/**
 * A probe of the way to the API server, beside the control loop. Called by the control thread;
 * never blocks.
 */
public interface ApiProbe {
  /** The result of a probe. */
  sealed interface Result {
    /** A connection opens as those of other programs do. */
    record Reached() implements Result {}

    /**
     * A connection opens only with the mark that the network's rules except: a route of ours leads
     * the packets elsewhere.
     *
     * @param targets that are reached with the mark
     */
    record Blocked(Set<ApiTarget> targets) implements Result {
      public Blocked {
        targets = Set.copyOf(targets);
      }
    }

    /** No connection opens; that says nothing about our routes. */
    record Unreachable() implements Result {}

    /**
     * No connection opens, and the node's strict reverse path filter would drop the replies to the
     * marked packets if a route of ours hid the API server: it may, or may be down.
     *
     * @param targets that were tried
     */
    record Filtered(Set<ApiTarget> targets) implements Result {
      public Filtered {
        targets = Set.copyOf(targets);
      }
    }
  }

  /** Starts a probe, unless one is running. */
  void start(Set<ApiTarget> targets);

  /** The result of the last probe, once. */
  Optional<Result> take();
}
