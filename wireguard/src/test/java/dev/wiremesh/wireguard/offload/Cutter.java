package dev.wiremesh.wireguard.offload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.wireguard.io.PacketBatch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** A {@link GsoSplitter}, what a kernel puts into it, and what should come of that. */
final class Cutter {
  /** Forwarded frames come with a length of headers that is not theirs. */
  static final int NOT_TO_BE_BELIEVED = 54_321;

  private final GsoSplitter superframe = new GsoSplitter(Arena.ofAuto());

  /** The header that goes before a packet whose checksum is missing. */
  static byte[] virtio(
      int gsoType, int headerBytes, int segment, int checksumStart, int checksumOffset) {
    return ByteBuffer.allocate(VirtioHeader.BYTES)
        .order(ByteOrder.nativeOrder())
        .put((byte) 1)
        .put((byte) gsoType)
        .putShort((short) headerBytes)
        .putShort((short) segment)
        .putShort((short) checksumStart)
        .putShort((short) checksumOffset)
        .array();
  }

  /** The one of a frame like this. */
  static byte[] virtioOf(Packet packet, int headerBytes, int segment) {
    return virtio(
        gsoType(packet), headerBytes, segment, packet.ipBytes(), packet.transportChecksumOffset());
  }

  static int gsoType(Packet packet) {
    return packet.tcp() ? (packet.v4() ? 1 : 4) : 5;
  }

  static byte[] join(byte[] virtio, byte[] packet) {
    var both = Arrays.copyOf(virtio, virtio.length + packet.length);
    System.arraycopy(packet, 0, both, virtio.length, packet.length);
    return both;
  }

  /** Whether what a read gave is taken. */
  boolean accepts(byte[] read) {
    MemorySegment.copy(read, 0, superframe.memory(), ValueLayout.JAVA_BYTE, 0, read.length);
    boolean accepted = superframe.accept(read.length);
    assertThat(superframe.isWaiting()).isEqualTo(accepted);
    return accepted;
  }

  /** What becomes of it, by batches of this capacity. */
  List<byte[]> cut(Packet large, int segment, int capacity) {
    var virtio = virtioOf(large, NOT_TO_BE_BELIEVED, segment);
    assertThat(accepts(join(virtio, large.bytesWithoutChecksum()))).isTrue();
    return packets(capacity);
  }

  /** What waits, by batches of this capacity. */
  List<byte[]> packets(int capacity) {
    var packets = new ArrayList<byte[]>();
    while (superframe.isWaiting()) {
      var batch = new PacketBatch(Arena.ofAuto(), capacity, 512 * 1024);
      assertThat(superframe.fill(batch)).isEqualTo(batch.count()).isPositive();
      for (int i = 0; i < batch.count(); i++) {
        packets.add(Frames.bytes(batch, i, 0));
      }
    }
    return packets;
  }

  /** What a sender without offloads would have sent. */
  static List<byte[]> expected(Packet large, int segment) {
    var packets = new ArrayList<byte[]>();
    int length = large.payload().length;
    for (int at = 0; at < length; at += segment) {
      int end = Math.min(at + segment, length);
      int flags = large.flags();
      if (end < length) {
        flags &= ~(Packet.PSH | Packet.FIN);
      }
      if (at > 0) {
        flags &= ~Packet.CWR;
      }
      var payload = Arrays.copyOfRange(large.payload(), at, end);
      int id = large.id() + at / segment;
      packets.add(large.with(large.sequence() + at, id, flags, payload).bytes());
    }
    return packets;
  }

  /** Short enough to be read in a failure: the headers, and a hash of all. */
  static List<String> readable(List<byte[]> packets) {
    return packets.stream().map(Cutter::readable).toList();
  }

  private static String readable(byte[] packet) {
    var start = Arrays.copyOf(packet, Math.min(80, packet.length));
    return HexFormat.of().formatHex(start) + "#" + Arrays.hashCode(packet);
  }
}
