package dev.wiremesh.core.ipam;

import java.math.BigInteger;

/**
 * How full a pool is. An IPv6 pool is larger than a long.
 *
 * @param capacity all addresses that can be handed out, the reserved ones included
 * @param allocated bound now
 * @param quarantined released, and not yet free for others
 * @param free what can still be handed out to whoever asks for no particular address
 */
public record PoolUsage(
    String pool, BigInteger capacity, long allocated, long quarantined, BigInteger free) {}
