package dev.wiremesh.wireguard.linux.tun;

import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.Libc;
import dev.wiremesh.wireguard.linux.syscall.MessageHeader;
import dev.wiremesh.wireguard.offload.GroCoalescer;
import dev.wiremesh.wireguard.offload.VirtioHeader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes batches into a TUN, packets of one flow as a GRO packet. Owned by the thread that writes.
 */
final class TunWriter {
  /** Result of {@link #write} when the interface is gone. */
  static final int GONE = -1;

  /**
   * After so many refusals in a row GRO packets are given up: the kernel, not the packets, is the
   * cause.
   */
  static final int MAX_REFUSALS = 16;

  private static final Logger log = LoggerFactory.getLogger(TunWriter.class);

  private final int fd;
  private final boolean virtioHeader;
  private final boolean udp;
  private final MemorySegment header;

  /** Written by the writing thread alone. */
  private volatile boolean joining;

  private int refusals;
  private @Nullable GroCoalescer coalescer;
  private int coalescerCapacity;
  private MemorySegment vectors = MemorySegment.NULL;

  /**
   * @param joining whether packets of one flow may be written as a GRO packet
   * @param udp whether UDP packets are joined as well
   */
  TunWriter(int fd, boolean virtioHeader, boolean joining, boolean udp) {
    this.fd = fd;
    this.virtioHeader = virtioHeader;
    this.joining = joining;
    this.udp = udp;
    header = Arena.ofAuto().allocate(VirtioHeader.BYTES, 8);
  }

  /** True while GRO packets are written; any thread. */
  boolean isJoining() {
    return joining;
  }

  /** Returns how many packets the kernel took, or {@link #GONE}. */
  int write(PacketBatch batch) {
    return joining && batch.count() > 1 ? writeFrames(batch) : writePackets(batch);
  }

  private int writePackets(PacketBatch batch) {
    int written = 0;
    for (int i = 0; i < batch.count(); i++) {
      long n = writePacket(batch, i);
      if (n == -Errno.EBADFD) {
        return GONE;
      }
      // Else the interface is down (EIO) or its queue is full: packets are lost, as they are
      // on any network.
      written += n >= 0 ? 1 : 0;
    }
    return written;
  }

  private long writePacket(PacketBatch batch, int i) {
    int headerBytes = virtioHeader ? VirtioHeader.BYTES : 0;
    int from = batch.offset(i) - headerBytes;
    if (virtioHeader) {
      VirtioHeader.clear(batch.slab(), from);
    }
    return Libc.write(fd, batch.slab().address() + from, (long) batch.length(i) + headerBytes);
  }

  private int writeFrames(PacketBatch batch) {
    var frames = coalescer(batch.capacity());
    int written = 0;
    int count = frames.arrange(batch);
    for (int frame = 0; frame < count; frame++) {
      int taken = writeFrame(frames, batch, frame);
      if (taken == GONE) {
        return GONE;
      }
      written += taken;
    }
    return written;
  }

  /** Returns how many of its packets the kernel took, or {@link #GONE}. */
  private int writeFrame(GroCoalescer frames, PacketBatch batch, int frame) {
    int packets = frames.packets(frame);
    if (packets == 1 || !joining) {
      return writeEach(frames, batch, frame);
    }
    long n = writeJoined(frames, batch, frame);
    if (n == -Errno.EBADFD) {
      return GONE;
    }
    if (n == -Errno.EINVAL) {
      countRefusal();
      frames.restore(batch, frame);
      return writeEach(frames, batch, frame);
    }
    refusals = 0;
    return n >= 0 ? packets : 0;
  }

  private void countRefusal() {
    refusals++;
    if (refusals == MAX_REFUSALS) {
      joining = false;
      log.atWarn().log("The TUN refuses GRO packets; packets are written one by one from now on");
    }
  }

  private int writeEach(GroCoalescer frames, PacketBatch batch, int frame) {
    int written = 0;
    for (int i = frames.firstPacket(frame); i >= 0; i = frames.nextPacket(i)) {
      long n = writePacket(batch, i);
      if (n == -Errno.EBADFD) {
        return GONE;
      }
      written += n >= 0 ? 1 : 0;
    }
    return written;
  }

  private long writeJoined(GroCoalescer frames, PacketBatch batch, int frame) {
    long slab = batch.slab().address();
    int headerBytes = frames.complete(batch, frame, header, 0);
    MessageHeader.setIovec(vectors, 0, header.address(), VirtioHeader.BYTES);
    int packet = frames.firstPacket(frame);
    MessageHeader.setIovec(
        vectors, MessageHeader.IOVEC_BYTES, slab + batch.offset(packet), batch.length(packet));
    int vector = 2;
    packet = frames.nextPacket(packet);
    while (packet >= 0) {
      MessageHeader.setIovec(
          vectors,
          (long) vector * MessageHeader.IOVEC_BYTES,
          slab + batch.offset(packet) + headerBytes,
          (long) batch.length(packet) - headerBytes);
      vector++;
      packet = frames.nextPacket(packet);
    }
    return Libc.writev(fd, vectors.address(), vector);
  }

  private GroCoalescer coalescer(int capacity) {
    var present = coalescer;
    if (present != null && coalescerCapacity >= capacity) {
      return present;
    }
    var larger = new GroCoalescer(capacity, udp);
    coalescer = larger;
    coalescerCapacity = capacity;
    vectors = Arena.ofAuto().allocate((capacity + 1L) * MessageHeader.IOVEC_BYTES, 8);
    return larger;
  }
}
