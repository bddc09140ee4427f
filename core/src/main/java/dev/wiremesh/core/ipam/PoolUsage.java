package dev.wiremesh.core.ipam;

import java.math.BigInteger;

/**
 * Address counts of a pool. BigInteger, because an IPv6 pool is larger than a long.
 *
 * @param capacity addresses that can be allocated, reserved ranges included
 * @param allocated bound addresses
 * @param quarantined released addresses that are not free for other owners yet
 * @param free addresses left for requests without a static address
 */
public record PoolUsage(
    String pool, BigInteger capacity, long allocated, long quarantined, BigInteger free) {}
