package dev.wiremesh.core.ipam;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An address that is not free for everybody: bound to its owner, or released and resting.
 *
 * @param releasedAt null while it is bound
 */
public record Holding(Owner owner, @Nullable Instant releasedAt) {
  public static Holding bound(Owner owner) {
    return new Holding(owner, null);
  }

  public boolean isBound() {
    return releasedAt == null;
  }
}
