package dev.wiremesh.core.ipam;

import java.math.BigInteger;

/**
 * Limits that keep one namespace from using up the pools of a network.
 *
 * @param restingPerNamespace how many released addresses of one namespace rest, in each address
 *     family; further ones are free early, the oldest first
 * @param restingPercent the part of the Peers' addresses that may rest at a time, in each family,
 *     over all namespaces; it matters in small pools
 * @param nodePercent the part of each pool that only nodes may take; at least one address unless it
 *     is 0
 */
public record PoolLimits(int restingPerNamespace, int restingPercent, int nodePercent) {
  private static final BigInteger HUNDRED = BigInteger.valueOf(100);

  /** Every released address rests for its whole time, and nothing is kept for nodes. */
  public static final PoolLimits NONE = new PoolLimits(Integer.MAX_VALUE, 100, 0);

  /** The default of {@link #restingPerNamespace}. */
  public static final int DEFAULT_RESTING = 32;

  /** The default of {@link #nodePercent}. */
  public static final int DEFAULT_NODE_PERCENT = 10;

  private static final int RESTING_PERCENT = 50;

  public PoolLimits {
    if (restingPerNamespace < 0 || outside(restingPercent) || outside(nodePercent)) {
      throw new IllegalArgumentException(
          "limits out of range: %d, %d%%, %d%%"
              .formatted(restingPerNamespace, restingPercent, nodePercent));
    }
  }

  public static PoolLimits of(int restingPerNamespace, int nodePercent) {
    return new PoolLimits(restingPerNamespace, RESTING_PERCENT, nodePercent);
  }

  /** The number of a pool's addresses that only nodes may take; rounded up. */
  BigInteger keptForNodes(AddressPool pool) {
    var capacity = pool.unreservedCapacity();
    if (nodePercent == 0 || capacity.signum() == 0) {
      return BigInteger.ZERO;
    }
    return capacity
        .multiply(BigInteger.valueOf(nodePercent))
        .add(HUNDRED.subtract(BigInteger.ONE))
        .divide(HUNDRED);
  }

  /** The number of a pool's addresses that Peers may take. */
  BigInteger forPeers(AddressPool pool) {
    return pool.unreservedCapacity().subtract(keptForNodes(pool));
  }

  /** Number of addresses that may rest, of so many; rounded down. */
  BigInteger mostResting(BigInteger addresses) {
    return addresses.multiply(BigInteger.valueOf(restingPercent)).divide(HUNDRED);
  }

  private static boolean outside(int percent) {
    return percent < 0 || percent > 100;
  }
}
