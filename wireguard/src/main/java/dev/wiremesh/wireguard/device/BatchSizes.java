package dev.wiremesh.wireguard.device;

import java.util.List;

/**
 * How large the batches were that went one way through the device: the larger, the fewer system
 * calls for a packet.
 *
 * @param counts batches of each step of {@link #UPPER_BOUNDS}, those of smaller steps not included;
 *     one more for what is larger than all of them
 * @param packets in all of them
 */
public record BatchSizes(List<Long> counts, long packets) {
  /** The most packets that a batch of each step has. */
  public static final List<Integer> UPPER_BOUNDS = List.of(1, 2, 4, 8, 16, 32, 64, 128);
}
