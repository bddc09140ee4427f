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

/** A {@link GsoSplitter} with the input that a kernel gives it and the expected segments. */
final class Cutter {
  /** A wrong header length, as forwarded GSO packets have. */
  static final int NOT_TO_BE_BELIEVED = 54_321;

  private final GsoSplitter splitter = new GsoSplitter(Arena.ofAuto());

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

  /** The virtio header of a GSO packet. */
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

  /** True if the splitter accepts what was read. */
  boolean accepts(byte[] read) {
    MemorySegment.copy(read, 0, splitter.memory(), ValueLayout.JAVA_BYTE, 0, read.length);
    boolean accepted = splitter.accept(read.length);
    assertThat(splitter.isWaiting()).isEqualTo(accepted);
    return accepted;
  }

  /** The segments of a GSO packet, read in batches of this capacity. */
  List<byte[]> cut(Packet large, int segment, int capacity) {
    var virtio = virtioOf(large, NOT_TO_BE_BELIEVED, segment);
    assertThat(accepts(join(virtio, large.bytesWithoutChecksum()))).isTrue();
    return packets(capacity);
  }

  /** The waiting packets, read in batches of this capacity. */
  List<byte[]> packets(int capacity) {
    var packets = new ArrayList<byte[]>();
    while (splitter.isWaiting()) {
      var batch = new PacketBatch(Arena.ofAuto(), capacity, 512 * 1024);
      assertThat(splitter.fill(batch)).isEqualTo(batch.count()).isPositive();
      for (int i = 0; i < batch.count(); i++) {
        packets.add(Frames.bytes(batch, i, 0));
      }
    }
    return packets;
  }

  /** The packets that a sender without offloads would have sent. */
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
