package dev.wiremesh.core.ipam;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An address that is not free for everybody: bound to its owner, or released and resting.
 *
 * @param releasedAt null while it is bound
 */
public record AddressLease(Owner owner, @Nullable Instant releasedAt) {
  public static AddressLease bound(Owner owner) {
    return new AddressLease(owner, null);
  }

  public boolean isBound() {
    return releasedAt == null;
  }
}
