package dev.wiremesh.core.view;

import java.time.Instant;
import java.util.Comparator;

/** Order of creation: timestamp, then uid. On conflict the earlier object wins. */
public record CreationOrder(Instant created, String uid) implements Comparable<CreationOrder> {
  private static final Comparator<CreationOrder> OLDEST_FIRST =
      Comparator.comparing(CreationOrder::created).thenComparing(CreationOrder::uid);

  @Override
  public int compareTo(CreationOrder other) {
    return OLDEST_FIRST.compare(this, other);
  }
}
