package dev.wiremesh.wireguard.device;

import java.util.List;

/**
 * Histogram of the batch sizes in one direction. Larger batches need fewer system calls per packet.
 *
 * @param counts batches per bucket of {@link #UPPER_BOUNDS}, not cumulative; the last bucket has no
 *     upper bound
 * @param packets sum over all batches
 */
public record BatchSizes(List<Long> counts, long packets) {
  /** Largest batch of each bucket, in packets. */
  public static final List<Integer> UPPER_BOUNDS = List.of(1, 2, 4, 8, 16, 32, 64, 128);
}
