package dev.wiremesh.wireguard.offload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.wireguard.io.PacketBatch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SuperframeTest {
  private final Superframe superframe = new Superframe(Arena.ofAuto());

  @ParameterizedTest
  @CsvSource({
    "true, true, 65000, 1380",
    "true, true, 1381, 1380",
    "true, true, 2760, 1380",
    "false, true, 64000, 1360",
    "false, true, 3, 2",
    "true, false, 64000, 1200",
    "false, false, 2401, 1200",
    "true, true, 999, 1"
  })
  void isCutIntoPacketsWithRightHeaders(boolean v4, boolean tcp, int payload, int segment) {
    var random = new SplittableRandom(payload);
    var large = randomPacket(random, v4, tcp, payload, Packet.ACK | Packet.PSH);
    assertThat(takeApart(large, segment, 128)).containsExactlyElementsOf(expected(large, segment));
  }

  @Test
  void isCutRightWhateverItIs() {
    for (long seed = 0; seed < 300; seed++) {
      var random = new SplittableRandom(seed);
      int payload = 1 + random.nextInt(60_000);
      int segment = 1 + random.nextInt(random.nextInt(10) == 0 ? 9_000 : 1_400) + payload / 2_000;
      int flags = Packet.ACK | (random.nextInt(3) == 0 ? Packet.PSH | Packet.FIN : 0);
      var large =
          randomPacket(random, random.nextInt(2) == 0, random.nextInt(3) > 0, payload, flags);
      assertThat(takeApart(large, segment, 1 + random.nextInt(200)))
          .as("seed %d", seed)
          .containsExactlyElementsOf(expected(large, segment));
    }
  }

  @Test
  void aPacketWithoutChecksumGetsIt() {
    for (long seed = 0; seed < 100; seed++) {
      var random = new SplittableRandom(seed);
      var packet =
          randomPacket(
              random,
              random.nextInt(2) == 0,
              random.nextInt(2) == 0,
              random.nextInt(1400),
              Packet.ACK);
      var complete = packet.bytes();
      read(packet, 0, 0, 1);
      assertThat(packets(128)).as("seed %d", seed).containsExactly(hex(complete));
    }
  }

  @Test
  void aCompletePacketStaysAsItIs() {
    var bytes = randomPacket(new SplittableRandom(1), true, true, 700, Packet.ACK).bytes();
    bytes[bytes.length - 1]++;
    put(bytes, new byte[VirtioHeader.BYTES]);
    assertThat(superframe.accept(VirtioHeader.BYTES + bytes.length)).isTrue();
    assertThat(packets(128)).containsExactly(hex(bytes));
  }

  @Test
  void nonsenseIsRefused() {
    var random = new SplittableRandom(2);
    int refused = 0;
    for (int round = 0; round < 20_000; round++) {
      var virtio = new byte[VirtioHeader.BYTES];
      random.nextBytes(virtio);
      if (random.nextInt(2) == 0) {
        virtio[1] = new byte[] {0, 1, 4, 5}[random.nextInt(4)];
        virtio[7] = 0;
        virtio[9] = 0;
      }
      var bytes = new byte[random.nextInt(2000)];
      random.nextBytes(bytes);
      put(bytes, virtio);
      if (superframe.accept(VirtioHeader.BYTES + bytes.length)) {
        assertThat(packets(128)).isNotEmpty();
      } else {
        refused++;
        assertThat(superframe.isWaiting()).isFalse();
      }
    }
    assertThat(refused).isPositive();
  }

  private static Packet randomPacket(
      SplittableRandom random, boolean v4, boolean tcp, int payloadBytes, int flags) {
    var payload = new byte[payloadBytes];
    random.nextBytes(payload);
    var options = new byte[tcp ? 4 * random.nextInt(11) : 0];
    random.nextBytes(options);
    return new Packet(
        v4,
        tcp,
        random.nextInt(256),
        random.nextInt(65_536),
        64,
        random.nextLong(),
        random.nextLong(),
        flags,
        random.nextInt(65_536),
        options,
        payload);
  }

  /** What a sender without offloads would have sent. */
  private static List<String> expected(Packet large, int segment) {
    var packets = new ArrayList<String>();
    int length = large.payload().length;
    for (int at = 0; at < length; at += segment) {
      int end = Math.min(at + segment, length);
      boolean last = end == length;
      int flags = last ? large.flags() : large.flags() & ~(Packet.PSH | Packet.FIN);
      var payload = Arrays.copyOfRange(large.payload(), at, end);
      packets.add(
          hex(
              large
                  .with(large.sequence() + at, large.id() + at / segment, flags, payload)
                  .bytes()));
    }
    return packets;
  }

  private List<String> takeApart(Packet large, int segment, int capacity) {
    int type = large.tcp() ? (large.v4() ? 1 : 4) : 5;
    read(large, type, segment, 1);
    return packets(capacity);
  }

  /** As the kernel hands it over: the pseudo header's sum instead of the checksum. */
  private void read(Packet packet, int type, int segment, int flags) {
    var bytes = packet.bytes();
    int sum = packet.pseudoSum(bytes.length - packet.ipBytes());
    ByteBuffer.wrap(bytes)
        .putShort(packet.ipBytes() + packet.transportChecksumOffset(), (short) sum);
    var virtio = ByteBuffer.allocate(VirtioHeader.BYTES).order(java.nio.ByteOrder.nativeOrder());
    virtio.put((byte) flags).put((byte) type);
    virtio.putShort((short) 54_321); // not to be believed
    virtio.putShort((short) segment).putShort((short) packet.ipBytes());
    virtio.putShort((short) packet.transportChecksumOffset());
    put(bytes, virtio.array());
    assertThat(superframe.accept(VirtioHeader.BYTES + bytes.length)).isTrue();
  }

  private void put(byte[] packet, byte[] virtio) {
    var memory = superframe.memory();
    MemorySegment.copy(virtio, 0, memory, ValueLayout.JAVA_BYTE, 0, virtio.length);
    MemorySegment.copy(packet, 0, memory, ValueLayout.JAVA_BYTE, VirtioHeader.BYTES, packet.length);
  }

  private List<String> packets(int capacity) {
    var packets = new ArrayList<String>();
    while (superframe.isWaiting()) {
      var batch = new PacketBatch(Arena.ofAuto(), capacity, 512 * 1024);
      assertThat(superframe.fill(batch)).isEqualTo(batch.count()).isPositive();
      for (int i = 0; i < batch.count(); i++) {
        var packet = batch.slab().asSlice(batch.offset(i), batch.length(i));
        packets.add(hex(packet.toArray(ValueLayout.JAVA_BYTE)));
      }
    }
    return packets;
  }

  /** Short enough to be read in a failure: the headers, and a hash of all. */
  private static String hex(byte[] packet) {
    var start = Arrays.copyOf(packet, Math.min(80, packet.length));
    return java.util.HexFormat.of().formatHex(start) + "#" + Arrays.hashCode(packet);
  }
}
