package dev.wiremesh.wireguard.io;

import dev.wiremesh.wireguard.crypto.PacketLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Packets side by side in one slab of native memory: the unit in which packets pass between TUN,
 * cipher and bind.
 *
 * <p>Owned by one thread. A packet is an offset and a length in the slab. A reader puts the next
 * packet at {@link #nextOffset}, at most {@link #room} bytes long, and adds it with {@link
 * #add(int)}; that leaves {@link #HEADROOM} bytes before and {@link #TAILROOM} bytes after each
 * packet, so that it can be sealed in place. One large read that holds several packets is divided
 * in place with {@link #add(int, int)}: received datagrams bring their own headroom (a data header
 * of 16 bytes), plain packets must be given theirs.
 *
 * <p>A received packet has the {@link Endpoint} that it came from. A received or sent datagram has
 * the traffic class of its IP header: DSCP in the upper six bits, ECN in the lower.
 */
public final class PacketBatch {
  /** Room before each packet: the data header (16) and a TUN's virtio header. */
  public static final int HEADROOM = 32;

  /** Room after each packet: padding (up to 15) and the tag (16). */
  public static final int TAILROOM = 32;

  /** Length of the longest IP packet. */
  public static final int MAX_PACKET = 65_535;

  private static final int ALIGNMENT = 16;

  private final MemorySegment slab;
  private final int[] offsets;
  private final int[] lengths;
  private final @Nullable Endpoint[] endpoints;
  private final byte[] trafficClasses;
  private final PacketLayout layout;
  private int count;
  private int nextOffset = HEADROOM;

  /**
   * @param arena allocates the slab; not closed by the batch
   * @param capacity most packets that fit
   * @param slabBytes size of the slab; at least one packet of {@link #MAX_PACKET} bytes must fit
   */
  public PacketBatch(Arena arena, int capacity, int slabBytes) {
    if (slabBytes < HEADROOM + MAX_PACKET + TAILROOM) {
      throw new IllegalArgumentException("a slab of " + slabBytes + " bytes holds no full packet");
    }
    this.slab = arena.allocate(slabBytes, 64);
    this.offsets = new int[capacity];
    this.lengths = new int[capacity];
    this.endpoints = new Endpoint[capacity];
    this.trafficClasses = new byte[capacity];
    this.layout = PacketLayout.inPlace(slab, offsets, lengths);
  }

  public MemorySegment slab() {
    return slab;
  }

  public int capacity() {
    return offsets.length;
  }

  public int count() {
    return count;
  }

  /** Removes all packets; the slab is free again. */
  public void clear() {
    count = 0;
    nextOffset = HEADROOM;
  }

  /** Offset of the next packet that is added with {@link #add(int)}. */
  public int nextOffset() {
    return nextOffset;
  }

  /** Greatest length of the next packet; 0 or less when the batch is full. */
  public int room() {
    if (count == offsets.length) {
      return 0;
    }
    return (int) Math.min(MAX_PACKET, slab.byteSize() - nextOffset - TAILROOM);
  }

  /** Adds the packet that was written at {@link #nextOffset}. */
  public void add(int length) {
    add(nextOffset, length);
  }

  /** Adds a packet at {@code offset}, after all that were added before. */
  public void add(int offset, int length) {
    offsets[count] = offset;
    lengths[count] = length;
    endpoints[count] = null;
    trafficClasses[count] = 0;
    count++;
    int end = offset + length + TAILROOM + HEADROOM;
    nextOffset = (end + ALIGNMENT - 1) & -ALIGNMENT;
  }

  public int offset(int i) {
    return offsets[i];
  }

  public int length(int i) {
    return lengths[i];
  }

  /** Changes offset and length of packet {@code i}, as sealing and opening do. */
  public void set(int i, int offset, int length) {
    offsets[i] = offset;
    lengths[i] = length;
  }

  /** Puts packet {@code from} in the place of an earlier one, which is dropped. */
  public void move(int from, int to) {
    offsets[to] = offsets[from];
    lengths[to] = lengths[from];
    endpoints[to] = endpoints[from];
    trafficClasses[to] = trafficClasses[from];
  }

  /** Drops all packets from {@code count} on. */
  public void truncate(int count) {
    this.count = Objects.checkIndex(count, this.count + 1);
  }

  /** The packets as a cipher takes them, in place; valid up to {@link #count}. */
  public PacketLayout layout() {
    return layout;
  }

  /** The sender of packet {@code i}; null for packets that no bind received. */
  public @Nullable Endpoint endpoint(int i) {
    return endpoints[i];
  }

  public void setEndpoint(int i, Endpoint endpoint) {
    endpoints[i] = endpoint;
  }

  /** Traffic class of the datagram's IP header, 0 to 255; 0 unless set. */
  public int trafficClass(int i) {
    return Byte.toUnsignedInt(trafficClasses[i]);
  }

  public void setTrafficClass(int i, int trafficClass) {
    trafficClasses[i] = (byte) trafficClass;
  }
}
