package dev.wiremesh.wireguard.offload;

import static dev.wiremesh.wireguard.offload.Cutter.expected;
import static dev.wiremesh.wireguard.offload.Cutter.readable;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GsoSplitterTest {
  private final Cutter cutter = new Cutter();

  @ParameterizedTest
  @CsvSource({
    "true, true, 65000, 1380",
    "true, true, 1381, 1380",
    "true, true, 2760, 1380",
    "false, true, 64000, 1360",
    "false, true, 3, 2",
    "true, false, 64000, 1200",
    "false, false, 2401, 1200",
    "true, false, 2, 1",
    "false, false, 11, 6",
    "true, true, 999, 1"
  })
  void isCutIntoPacketsWithRightHeaders(boolean v4, boolean tcp, int payload, int segment) {
    var random = new SplittableRandom(payload);
    var large = randomPacket(random, v4, tcp, payload, Packet.ACK | Packet.PSH);
    assertThat(readable(cutter.cut(large, segment, 128)))
        .containsExactlyElementsOf(readable(expected(large, segment)));
  }

  @Test
  void gsoPacketOfAnyKindIsSegmented() {
    for (long seed = 0; seed < 300; seed++) {
      var random = new SplittableRandom(seed);
      int payload = 1 + random.nextInt(60_000);
      int segment = 1 + random.nextInt(random.nextInt(10) == 0 ? 9_000 : 1_400) + payload / 2_000;
      int flags = Packet.ACK | (random.nextInt(3) == 0 ? Packet.PSH | Packet.FIN : 0);
      var large =
          randomPacket(random, random.nextInt(2) == 0, random.nextInt(3) > 0, payload, flags);
      assertThat(readable(cutter.cut(large, segment, 1 + random.nextInt(200))))
          .as("seed %d", seed)
          .containsExactlyElementsOf(readable(expected(large, segment)));
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
      var virtio = Cutter.virtio(0, 0, 0, packet.ipBytes(), packet.transportChecksumOffset());
      assertThat(cutter.accepts(Cutter.join(virtio, packet.bytesWithoutChecksum()))).isTrue();
      assertThat(readable(cutter.packets(128)))
          .as("seed %d", seed)
          .isEqualTo(readable(List.of(packet.bytes())));
    }
  }

  @Test
  void completePacketIsNotChanged() {
    var bytes = randomPacket(new SplittableRandom(1), true, true, 700, Packet.ACK).bytes();
    bytes[bytes.length - 1]++;
    assertThat(cutter.accepts(Cutter.join(new byte[VirtioHeader.BYTES], bytes))).isTrue();
    assertThat(cutter.packets(128)).containsExactly(bytes);
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
      if (cutter.accepts(Cutter.join(virtio, bytes))) {
        assertThat(cutter.packets(128)).isNotEmpty();
      } else {
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }

  private static Packet randomPacket(
      SplittableRandom random, boolean v4, boolean tcp, int payloadBytes, int flags) {
    var payload = new byte[payloadBytes];
    random.nextBytes(payload);
    var tcpOptions = new byte[tcp ? 4 * random.nextInt(11) : 0];
    random.nextBytes(tcpOptions);
    var ipOptions = new byte[random.nextInt(2) * (v4 ? 4 : 8) * random.nextInt(11)];
    random.nextBytes(ipOptions);
    return new Packet(
        v4,
        tcp,
        random.nextInt(256),
        random.nextBoolean(),
        random.nextInt(65_536),
        ipOptions,
        random.nextLong(),
        random.nextLong(),
        flags,
        random.nextInt(65_536),
        tcpOptions,
        payload);
  }
}
