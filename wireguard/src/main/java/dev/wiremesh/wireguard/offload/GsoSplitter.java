package dev.wiremesh.wireguard.offload;

import static dev.wiremesh.wireguard.offload.Headers.TCP;
import static dev.wiremesh.wireguard.offload.Headers.UDP;
import static dev.wiremesh.wireguard.offload.Headers.put16;
import static dev.wiremesh.wireguard.offload.Headers.put32;
import static dev.wiremesh.wireguard.offload.Headers.put8;
import static dev.wiremesh.wireguard.offload.Headers.u16;
import static dev.wiremesh.wireguard.offload.Headers.u8;

import dev.wiremesh.wireguard.io.PacketBatch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Segments what one read of a TUN with offloads returns: a packet that may lack its checksum, or a
 * GSO packet of TCP or UDP that stands for many. The packets are copied into a batch one by one, so
 * that each has room around it for header and tag; packets that do not fit wait for the next batch.
 *
 * <p>Owned by the thread that reads. The header length in the virtio header is ignored, because
 * forwarded packets carry wrong ones. The pseudo header sum is the one in the checksum field, not
 * recomputed from the addresses: with a routing header the final destination is not in the IP
 * header yet.
 */
public final class GsoSplitter {
  private static final int PACKET = VirtioHeader.BYTES;

  /** A virtio header and the largest packet. */
  public static final int BYTES = PACKET + PacketBatch.MAX_PACKET;

  private final MemorySegment memory;

  private int length;
  private boolean v4;
  private int protocol;
  private int ipBytes;
  private int headerBytes;
  private int segmentSize;
  private int done;

  public GsoSplitter(Arena arena) {
    memory = arena.allocate(BYTES + 6L, 64);
  }

  /** The buffer that a read fills: virtio header, then packet. */
  public MemorySegment memory() {
    return memory;
  }

  /** True while packets are left for another batch. */
  public boolean isWaiting() {
    return length > 0;
  }

  /**
   * Parses the packet that was read into {@link #memory}.
   *
   * @return false if it is malformed; no packets are left then
   */
  public boolean accept(int bytesRead) {
    length = 0;
    int packetLength = bytesRead - PACKET;
    if (packetLength <= 0) {
      return false;
    }
    int type = VirtioHeader.gsoType(memory, 0) & ~VirtioHeader.GSO_ECN;
    boolean good =
        type == VirtioHeader.GSO_NONE
            ? completeChecksum(packetLength)
            : readHeaders(type, packetLength);
    if (good) {
      length = packetLength;
      done = 0;
    }
    return good;
  }

  /** The checksum field holds the pseudo header's sum; the rest of the packet is added to it. */
  private boolean completeChecksum(int packetLength) {
    segmentSize = packetLength;
    headerBytes = 0;
    if (!needsChecksum()) {
      return true;
    }
    int start = VirtioHeader.checksumStart(memory, 0);
    int field = start + VirtioHeader.checksumOffset(memory, 0);
    if (field + 2 > packetLength) {
      return false;
    }
    var sum = InternetChecksum.sum(memory, PACKET + start, packetLength - start);
    Headers.putChecksum(memory, PACKET + field, nonZero(InternetChecksum.complement(sum)));
    return true;
  }

  private boolean needsChecksum() {
    return (VirtioHeader.flags(memory, 0) & VirtioHeader.NEEDS_CHECKSUM) != 0;
  }

  private boolean readHeaders(int type, int packetLength) {
    v4 = u8(memory, PACKET) >>> 4 == 4;
    ipBytes = VirtioHeader.checksumStart(memory, 0);
    segmentSize = VirtioHeader.segmentSize(memory, 0);
    int smallest = v4 ? Headers.V4_BYTES : Headers.V6_BYTES;
    if (ipBytes < smallest || segmentSize == 0 || !needsChecksum()) {
      return false;
    }
    switch (type) {
      case VirtioHeader.GSO_TCP_V4, VirtioHeader.GSO_TCP_V6 -> {
        if (v4 != (type == VirtioHeader.GSO_TCP_V4) || ipBytes + Headers.TCP_BYTES > packetLength) {
          return false;
        }
        protocol = TCP;
        int offset = u8(memory, PACKET + ipBytes + Headers.TCP_DATA_OFFSET) >>> 4;
        headerBytes = ipBytes + offset * 4;
        return offset >= 5 && headerBytes < packetLength;
      }
      case VirtioHeader.GSO_UDP -> {
        protocol = UDP;
        headerBytes = ipBytes + Headers.UDP_BYTES;
        return headerBytes < packetLength;
      }
      default -> {
        return false;
      }
    }
  }

  /**
   * Adds packets to the batch until none is left or the next one does not fit.
   *
   * @return how many were added
   */
  public int fill(PacketBatch into) {
    int added = 0;
    while (isWaiting()) {
      int payload = Math.min(segmentSize, length - headerBytes - done);
      if (into.room() < headerBytes + payload) {
        break;
      }
      int at = into.nextOffset();
      var slab = into.slab();
      MemorySegment.copy(memory, PACKET, slab, at, headerBytes);
      MemorySegment.copy(memory, PACKET + headerBytes + done, slab, at + headerBytes, payload);
      boolean last = done + payload == length - headerBytes;
      if (headerBytes > 0) {
        completeHeaders(slab, at, payload, last);
      }
      into.add(headerBytes + payload);
      added++;
      done += payload;
      if (last) {
        length = 0;
      }
    }
    return added;
  }

  private void completeHeaders(MemorySegment slab, int at, int payload, boolean last) {
    if (v4) {
      put16(slab, at + Headers.V4_ID, u16(slab, at + Headers.V4_ID) + done / segmentSize);
    }
    Headers.putPacketLength(slab, at, v4, ipBytes, headerBytes + payload);
    int transport = at + ipBytes;
    int transportBytes = headerBytes - ipBytes + payload;
    int field;
    if (protocol == TCP) {
      field = transport + Headers.TCP_CHECKSUM;
      int sequence = Headers.i32(slab, transport + Headers.TCP_SEQUENCE);
      put32(slab, transport + Headers.TCP_SEQUENCE, sequence + done);
      int flags = u8(slab, transport + Headers.TCP_FLAGS);
      if (!last) {
        flags &= ~(Headers.TCP_FIN | Headers.TCP_PSH);
      }
      if (done > 0) {
        flags &= ~Headers.TCP_CWR;
      }
      put8(slab, transport + Headers.TCP_FLAGS, flags);
    } else {
      field = transport + Headers.UDP_CHECKSUM;
      put16(slab, transport + Headers.UDP_LENGTH, transportBytes);
    }
    // The pseudo header's sum in the field has the length of the GSO packet; each segment has its
    // own.
    long sum =
        InternetChecksum.sum(slab, transport, transportBytes)
            + InternetChecksum.ofNetworkShort(~(length - ipBytes))
            + InternetChecksum.ofNetworkShort(transportBytes);
    Headers.putChecksum(slab, field, nonZero(InternetChecksum.complement(sum)));
  }

  /** Zero means "no checksum" in UDP; TCP accepts both forms of zero. */
  private static short nonZero(short checksum) {
    return checksum == 0 ? (short) 0xffff : checksum;
  }
}
