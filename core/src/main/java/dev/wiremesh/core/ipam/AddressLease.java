package dev.wiremesh.core.ipam;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The lease of an address: bound to its owner, or released and in quarantine.
 *
 * @param releasedAt null for a bound address
 */
public record AddressLease(Owner owner, @Nullable Instant releasedAt) {
  public static AddressLease bound(Owner owner) {
    return new AddressLease(owner, null);
  }

  public boolean isBound() {
    return releasedAt == null;
  }
}
