package dev.wiremesh.core.topology;

import java.time.Instant;
import java.util.Comparator;

/**
 * Who was there first: creation time, then uid. The lesser is the older, and keeps what two want.
 */
public record Age(Instant created, String uid) implements Comparable<Age> {
  private static final Comparator<Age> OLDEST_FIRST =
      Comparator.comparing(Age::created).thenComparing(Age::uid);

  @Override
  public int compareTo(Age other) {
    return OLDEST_FIRST.compare(this, other);
  }
}
