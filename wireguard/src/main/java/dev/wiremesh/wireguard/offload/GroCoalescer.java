package dev.wiremesh.wireguard.offload;

import static dev.wiremesh.wireguard.offload.Headers.TCP;
import static dev.wiremesh.wireguard.offload.Headers.UDP;
import static dev.wiremesh.wireguard.offload.Headers.i32;
import static dev.wiremesh.wireguard.offload.Headers.put16;
import static dev.wiremesh.wireguard.offload.Headers.put8;
import static dev.wiremesh.wireguard.offload.Headers.u16;
import static dev.wiremesh.wireguard.offload.Headers.u8;

import dev.wiremesh.wireguard.io.PacketBatch;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Generic receive offload for packets on their way into a TUN: joins consecutive packets of a TCP
 * or UDP flow into GRO packets, which pass through the kernel's layers as one. Nothing is copied: a
 * GRO packet is its first packet followed by the payloads of the others.
 *
 * <p>Packets are joined under the rules of the kernel's GRO: same addresses, ports, TOS, TTL, DF,
 * acknowledgement, window and options, no flags but ACK and a PSH at the end, consecutive sequence
 * numbers, equal sizes except for a shorter last one. Order within a flow is kept, because only the
 * flow's latest GRO packet can grow. Inner checksums are not verified: the packets are
 * authenticated, so they are as their sender made them.
 *
 * <p>A kernel that segments a GRO packet again, to forward it, increments the IPv4 ID from the
 * first packet. So IDs must be consecutive where a packet may be fragmented. With DF they have no
 * meaning (RFC 6864 section 4.1), and many senders leave them at zero.
 *
 * <p>Owned by the thread that writes.
 */
public final class GroCoalescer {
  /** The largest value of an IP length field. */
  private static final int MAX_BYTES = 65_535;

  /** UDP segments in a GRO packet; kernels before 6.9 in particular refuse more. */
  static final int MAX_DATAGRAMS = 64;

  /** Number of the latest GRO packets that are searched for the flow of a packet. */
  private static final int LOOK_BACK = 16;

  private final boolean udp;

  // Per packet.
  private final int[] next;

  // Per GRO packet ("frame"), in the order of their first packets.
  private final int[] first;
  private final int[] last;
  private final int[] packets;
  private final int[] bytes;
  private final int[] segment;
  private final int[] nextSequence;
  private final long[] flow;
  private final boolean[] open;
  private int frames;

  /** The original headers of the first packet of the frame that was completed last. */
  private final MemorySegment headers = MemorySegment.ofArray(new byte[Headers.MAX_BYTES]);

  // Headers of the packet that was parsed last.
  private boolean v4;
  private int protocol;
  private int ipBytes;
  private int headerBytes;
  private long packetFlow;
  private boolean joinable;

  /**
   * @param capacity of the batches
   * @param udp whether UDP is joined as well
   */
  public GroCoalescer(int capacity, boolean udp) {
    this.udp = udp;
    next = new int[capacity];
    first = new int[capacity];
    last = new int[capacity];
    packets = new int[capacity];
    bytes = new int[capacity];
    segment = new int[capacity];
    nextSequence = new int[capacity];
    flow = new long[capacity];
    open = new boolean[capacity];
  }

  /**
   * Groups the batch into frames.
   *
   * @return the number of frames
   */
  public int arrange(PacketBatch batch) {
    frames = 0;
    for (int i = 0; i < batch.count(); i++) {
      next[i] = -1;
      parse(batch.slab(), batch.offset(i), batch.length(i));
      int frame = latestFrameOfFlow();
      if (frame < 0 || !joins(batch, i, frame)) {
        begin(batch, i);
      }
    }
    return frames;
  }

  /** The first packet of a frame, whose headers it has. */
  public int firstPacket(int frame) {
    return first[frame];
  }

  /** The packet that follows in the same frame, or -1. */
  public int nextPacket(int packet) {
    return next[packet];
  }

  public int packets(int frame) {
    return packets[frame];
  }

  /** Bytes of the frame: headers once, and all payloads. */
  public int bytes(int frame) {
    return bytes[frame];
  }

  /** Parses the headers that decide about joining. */
  private void parse(MemorySegment slab, int at, int length) {
    joinable = false;
    packetFlow = 0;
    if (length < Headers.V4_BYTES) {
      return;
    }
    int firstWord = i32(slab, at);
    v4 = firstWord >>> 28 == 4;
    ipBytes = v4 ? Headers.V4_BYTES : Headers.V6_BYTES;
    if (length < ipBytes + Headers.UDP_BYTES) {
      return;
    }
    protocol = u8(slab, at + (v4 ? Headers.V4_PROTOCOL : Headers.V6_NEXT_HEADER));
    boolean known = protocol == TCP || protocol == UDP;
    if (v4 ? firstWord >>> 24 != 0x45 : !known && Headers.isV6Extension(protocol)) {
      // Its ports are not where we look: it may be of any flow, and no packet may overtake it.
      Arrays.fill(open, 0, frames, false);
      return;
    }
    if (!known) {
      return;
    }
    // From here on the packet belongs to a flow, joinable or not.
    packetFlow = flowOf(slab, at);
    if (!isWhole(slab, at, firstWord, length)) {
      return;
    }
    int transport = at + ipBytes;
    if (protocol == UDP) {
      headerBytes = ipBytes + Headers.UDP_BYTES;
      joinable =
          udp
              && length > headerBytes
              && u16(slab, transport + Headers.UDP_LENGTH) == length - ipBytes
              && u16(slab, transport + Headers.UDP_CHECKSUM) != 0;
    } else if (length > ipBytes + Headers.TCP_BYTES) {
      headerBytes = ipBytes + (u8(slab, transport + Headers.TCP_DATA_OFFSET) >>> 4) * 4;
      int flags = u8(slab, transport + Headers.TCP_FLAGS);
      joinable =
          headerBytes >= ipBytes + Headers.TCP_BYTES
              && length > headerBytes
              && (flags & ~Headers.TCP_PSH) == Headers.TCP_ACK;
    }
  }

  /** True for a packet that is no fragment and has the length that its header says. */
  private boolean isWhole(MemorySegment slab, int at, int firstWord, int length) {
    if (v4) {
      return (firstWord & 0xffff) == length
          && (u16(slab, at + Headers.V4_FRAGMENT) & ~Headers.V4_DF) == 0;
    }
    return firstWord >>> 28 == 6
        && u16(slab, at + Headers.V6_PAYLOAD_LENGTH) == length - Headers.V6_BYTES;
  }

  /** Hash of the flow, never 0; different flows may collide. */
  private long flowOf(MemorySegment slab, int at) {
    long mixed = protocol;
    int addresses = v4 ? Headers.V4_SOURCE : Headers.V6_SOURCE;
    int words = v4 ? 2 : 8;
    for (int i = 0; i < words; i++) {
      mixed = (mixed ^ i32(slab, at + addresses + 4L * i)) * 0x9e3779b97f4a7c15L;
    }
    mixed = (mixed ^ i32(slab, at + ipBytes)) * 0x9e3779b97f4a7c15L;
    return mixed | 1;
  }

  private int latestFrameOfFlow() {
    if (!joinable) {
      return -1;
    }
    for (int frame = frames - 1; frame >= Math.max(0, frames - LOOK_BACK); frame--) {
      if (flow[frame] == packetFlow) {
        return frame;
      }
    }
    return -1;
  }

  private void begin(PacketBatch batch, int i) {
    int frame = frames++;
    first[frame] = i;
    last[frame] = i;
    packets[frame] = 1;
    bytes[frame] = batch.length(i);
    flow[frame] = packetFlow;
    open[frame] = joinable;
    if (joinable) {
      int payload = batch.length(i) - headerBytes;
      segment[frame] = payload;
      if (protocol == TCP) {
        int transport = batch.offset(i) + ipBytes;
        nextSequence[frame] = i32(batch.slab(), transport + Headers.TCP_SEQUENCE) + payload;
        open[frame] = (u8(batch.slab(), transport + Headers.TCP_FLAGS) & Headers.TCP_PSH) == 0;
      }
    }
  }

  private boolean joins(PacketBatch batch, int i, int frame) {
    int payload = batch.length(i) - headerBytes;
    if (!open[frame]
        || payload > segment[frame]
        || bytes[frame] + payload > MAX_BYTES
        || protocol == UDP && packets[frame] == MAX_DATAGRAMS
        || !sameHeaders(
            batch.slab(), batch.offset(first[frame]), batch.offset(i), packets[frame])) {
      return false;
    }
    int transport = batch.offset(i) + ipBytes;
    boolean pushed = false;
    if (protocol == TCP) {
      int sequence = i32(batch.slab(), transport + Headers.TCP_SEQUENCE);
      if (sequence != nextSequence[frame]) {
        return false;
      }
      nextSequence[frame] = sequence + payload;
      pushed = (u8(batch.slab(), transport + Headers.TCP_FLAGS) & Headers.TCP_PSH) != 0;
    }
    next[last[frame]] = i;
    last[frame] = i;
    packets[frame]++;
    bytes[frame] += payload;
    open[frame] = payload == segment[frame] && !pushed;
    return true;
  }

  /**
   * Compares all header fields that must be equal; sequence number and PSH are checked elsewhere.
   *
   * @param a offset of the frame's first packet
   * @param b offset of the packet
   * @param later how many packets after the first one it comes
   */
  private boolean sameHeaders(MemorySegment slab, int a, int b, int later) {
    if (v4) {
      // Version, length of the header and TOS; ID and DF; TTL and protocol; addresses.
      int fragment = i32(slab, a + Headers.V4_ID);
      int compared = (fragment & Headers.V4_DF) == 0 ? -1 : 0xffff;
      if (u16(slab, a) != u16(slab, b)
          || ((fragment + (later << 16) ^ i32(slab, b + Headers.V4_ID)) & compared) != 0
          || u16(slab, a + Headers.V4_TTL) != u16(slab, b + Headers.V4_TTL)
          || differs(slab, a + Headers.V4_SOURCE, b + Headers.V4_SOURCE, 8)) {
        return false;
      }
    } else if (i32(slab, a) != i32(slab, b)
        || u16(slab, a + Headers.V6_NEXT_HEADER) != u16(slab, b + Headers.V6_NEXT_HEADER)
        || differs(slab, a + Headers.V6_SOURCE, b + Headers.V6_SOURCE, 32)) {
      return false;
    }
    int inA = a + ipBytes;
    int inB = b + ipBytes;
    if (i32(slab, inA) != i32(slab, inB)) {
      return false;
    }
    if (protocol == UDP) {
      return true;
    }
    // Acknowledgement; data offset; window; options.
    int options = headerBytes - ipBytes - Headers.TCP_BYTES;
    return i32(slab, inA + 8) == i32(slab, inB + 8)
        && u8(slab, inA + Headers.TCP_DATA_OFFSET) == u8(slab, inB + Headers.TCP_DATA_OFFSET)
        && u16(slab, inA + 14) == u16(slab, inB + 14)
        && !differs(slab, inA + Headers.TCP_BYTES, inB + Headers.TCP_BYTES, options);
  }

  /** True if the bytes differ; {@code count} is a multiple of four. */
  private static boolean differs(MemorySegment slab, int a, int b, int count) {
    for (int i = 0; i < count; i += 4) {
      if (i32(slab, a + i) != i32(slab, b + i)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Rewrites the first packet's headers as those of the GRO packet, and writes its virtio header;
   * {@link #restore} undoes it.
   *
   * @return length of the headers in bytes
   */
  public int complete(PacketBatch batch, int frame, MemorySegment virtio, long offset) {
    var slab = batch.slab();
    int at = batch.offset(first[frame]);
    parse(slab, at, batch.length(first[frame]));
    MemorySegment.copy(slab, at, headers, 0, headerBytes);
    int transport = at + ipBytes;
    int transportBytes = bytes[frame] - ipBytes;
    Headers.putPacketLength(slab, at, v4, ipBytes, bytes[frame]);
    int checksum = protocol == TCP ? Headers.TCP_CHECKSUM : Headers.UDP_CHECKSUM;
    int type = VirtioHeader.GSO_UDP;
    if (protocol == TCP) {
      type = v4 ? VirtioHeader.GSO_TCP_V4 : VirtioHeader.GSO_TCP_V6;
      int lastFlags = u8(slab, batch.offset(last[frame]) + ipBytes + Headers.TCP_FLAGS);
      put8(slab, transport + Headers.TCP_FLAGS, lastFlags);
    } else {
      put16(slab, transport + Headers.UDP_LENGTH, transportBytes);
    }
    long pseudo = InternetChecksum.pseudoHeader(slab, at, v4, protocol, transportBytes);
    Headers.putChecksum(slab, transport + checksum, InternetChecksum.fold(pseudo));
    VirtioHeader.set(virtio, offset, type, headerBytes, segment[frame], ipBytes, checksum);
    return headerBytes;
  }

  /** Restores the headers of the first packet of the frame that was completed last. */
  public void restore(PacketBatch batch, int frame) {
    MemorySegment.copy(headers, 0, batch.slab(), batch.offset(first[frame]), headerBytes);
  }
}
