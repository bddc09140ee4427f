package dev.wiremesh.wireguard.crypto;

import java.lang.foreign.MemorySegment;

/**
 * Offsets and lengths of the packets of a batch, before and after a {@link PacketCipher}. Packet i
 * is {@code lengths[i]} bytes at {@code sourceOffsets[i]} of the source; its result is written from
 * {@code destinationOffsets[i]} of the destination on.
 *
 * <p>Made once for a batch and its arrays, and used for every range of packets in it: a record for
 * each call would be an allocation on the packet path. Belongs to the thread that owns the arrays.
 *
 * @param source native memory
 * @param destination native memory: the source itself with the same offsets (packets are worked on
 *     in place), or memory that does not overlap with it
 * @param lengths of the packets in the source: plaintexts for sealing, ciphertexts with their tags
 *     for opening
 */
@SuppressWarnings("ArrayRecordComponent") // a view of the batch's arrays, never compared
public record PacketLayout(
    MemorySegment source,
    int[] sourceOffsets,
    MemorySegment destination,
    int[] destinationOffsets,
    int[] lengths) {

  /** Packets that are sealed and opened where they lie. */
  public static PacketLayout inPlace(MemorySegment memory, int[] offsets, int[] lengths) {
    return new PacketLayout(memory, offsets, memory, offsets, lengths);
  }
}
