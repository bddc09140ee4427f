package dev.wiremesh.wireguard.io;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Packets side by side in one slab of native memory: the unit of every interface on the packet's
 * way.
 *
 * <p>Owned by one thread. A packet is an offset and a length in the slab. Whoever fills a batch
 * puts the next packet at {@link #nextOffset}, at most {@link #room} bytes long, and says so with
 * {@link #add(int)}; that leaves {@link #HEADROOM} bytes before and {@link #TAILROOM} bytes behind
 * each packet, so that it can be sealed where it lies. One large read that holds several packets is
 * cut in place with {@link #add(int, int)}: received datagrams bring their own headroom (a data
 * header of 16 bytes), plain packets must be given theirs.
 *
 * <p>On the receiving side each packet has the {@link Endpoint} that it came from. On both sides a
 * datagram has the traffic class of its IP header: DSCP in the upper six bits, ECN in the lower.
 */
public final class PacketBatch {
  /** Before each packet: the data header (16) and what a TUN wants in front of a packet. */
  public static final int HEADROOM = 32;

  /** Behind each packet: padding (up to 15) and the tag (16). */
  public static final int TAILROOM = 32;

  /** The longest packet and the longest datagram that IP can carry. */
  public static final int MAX_PACKET = 65_535;

  private static final int ALIGNMENT = 16;

  private final MemorySegment slab;
  private final int[] offsets;
  private final int[] lengths;
  private final @Nullable Endpoint[] endpoints;
  private final byte[] trafficClasses;
  private int count;
  private int nextOffset = HEADROOM;

  /**
   * @param arena where the slab comes from; the batch does not close it
   * @param capacity how many packets fit at most
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

  /** Forgets all packets; the slab is free again. */
  public void clear() {
    count = 0;
    nextOffset = HEADROOM;
  }

  /** Where the next packet begins when it is added with {@link #add(int)}. */
  public int nextOffset() {
    return nextOffset;
  }

  /** How long the next packet may be; 0 or less when the batch is full. */
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

  /** Adds a packet that lies at {@code offset}, behind all that were added before. */
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

  /** Moves the borders of packet {@code i}, as sealing and opening do. */
  public void set(int i, int offset, int length) {
    offsets[i] = offset;
    lengths[i] = length;
  }

  /** Drops all packets from {@code count} on. */
  public void truncate(int count) {
    this.count = Objects.checkIndex(count, this.count + 1);
  }

  /** The packets' offsets, for those who work on several at once; valid up to {@link #count}. */
  public int[] offsets() {
    return offsets;
  }

  /** The packets' lengths, for those who work on several at once; valid up to {@link #count}. */
  public int[] lengths() {
    return lengths;
  }

  /** Where packet {@code i} came from; null for packets that no socket received. */
  public @Nullable Endpoint endpoint(int i) {
    return endpoints[i];
  }

  public void setEndpoint(int i, Endpoint endpoint) {
    endpoints[i] = endpoint;
  }

  /** Traffic class of the datagram's own IP header, 0 to 255; 0 unless somebody has set it. */
  public int trafficClass(int i) {
    return Byte.toUnsignedInt(trafficClasses[i]);
  }

  public void setTrafficClass(int i, int trafficClass) {
    trafficClasses[i] = (byte) trafficClass;
  }
}
