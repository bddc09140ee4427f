package dev.wiremesh.wireguard.offload;

import static dev.wiremesh.wireguard.offload.Cutter.expected;
import static dev.wiremesh.wireguard.offload.Cutter.readable;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers of each segment of a GSO packet, field by field. */
class GsoSplitterHeadersTest {
  private final Cutter cutter = new Cutter();

  @ParameterizedTest
  @CsvSource({
    "PSH and FIN on the last, 19, 10 10 19",
    "CWR on the first, 90, 90 10 10",
    "ECE on each, 50, 50 50 50",
    "URG on each, 30, 30 30 30",
    "all at once, d9, d0 50 59"
  })
  void flagsGoWhereTheyBelong(String name, String flags, String each) {
    for (boolean v4 : new boolean[] {true, false}) {
      var large = Packet.sample(v4, true).withFlags(Integer.parseInt(flags, 16));
      var found =
          cutter.cut(large, 40, 128).stream()
              .map(packet -> Integer.toHexString(packet[large.ipBytes() + 13] & 0xff));
      assertThat(String.join(" ", found.toList())).as(name).isEqualTo(each);
    }
  }

  /** The kernel sets the ECN flag for a GSO packet with CWR, where a network card needs to know. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aMarkOfCongestionControlChangesNothing(boolean v4) {
    var large = Packet.sample(v4, true).withFlags(Packet.ACK | Packet.CWR);
    var virtio = Cutter.virtioOf(large, Cutter.NOT_TO_BE_BELIEVED, 40);
    virtio[1] |= (byte) 0x80;
    assertThat(cutter.accepts(Cutter.join(virtio, large.bytesWithoutChecksum()))).isTrue();
    assertThat(readable(cutter.packets(128))).isEqualTo(readable(expected(large, 40)));
  }

  @Test
  void idsCountUpAndBeginAnew() {
    for (boolean tcp : new boolean[] {true, false}) {
      for (boolean df : new boolean[] {true, false}) {
        var large = Packet.sample(true, tcp).withId(df, 0xfffe);
        assertThat(cutter.cut(large, 30, 128))
            .extracting(packet -> ByteBuffer.wrap(packet).getShort(4) & 0xffff)
            .containsExactly(0xfffe, 0xffff, 0, 1);
      }
    }
  }

  @Test
  void sequenceNumbersBeginAnew() {
    var sample = Packet.sample(false, true);
    var large = sample.with(0xffff_ffffL - 29, 0, Packet.ACK, sample.payload());
    assertThat(cutter.cut(large, 30, 128))
        .extracting(packet -> ByteBuffer.wrap(packet).getInt(44))
        .containsExactly(-30, 0, 30, 60);
  }

  @ParameterizedTest
  @CsvSource({
    "true, true, 4",
    "true, true, 40",
    "true, false, 12",
    "false, true, 8",
    "false, true, 64",
    "false, false, 16"
  })
  void eachHasTheIpOptions(boolean v4, boolean tcp, int octets) {
    var options = new byte[octets];
    Arrays.fill(options, (byte) 1);
    var large = Packet.sample(v4, tcp).withIpOptions(options);
    assertThat(readable(cutter.cut(large, 40, 128))).isEqualTo(readable(expected(large, 40)));
  }

  /** A segment more than the payload, all of it, all but one octet, one octet. */
  @ParameterizedTest
  @CsvSource({"101, 1", "100, 1", "99, 2", "50, 2", "1, 100"})
  void lastSegmentIsTheRest(int segment, int packets) {
    for (boolean v4 : new boolean[] {true, false}) {
      for (boolean tcp : new boolean[] {true, false}) {
        var large = Packet.sample(v4, tcp);
        var found = cutter.cut(large, segment, 128);
        assertThat(found).hasSize(packets);
        assertThat(readable(found)).isEqualTo(readable(expected(large, segment)));
      }
    }
  }

  /**
   * A packet with a routing header or source route has an intermediate address in its IP header,
   * and is summed with the final one.
   *
   * @param at offset of the final address in the option or routing header
   */
  @ParameterizedTest
  @CsvSource({
    "IPv4 and a source route, true, 0183070400000000, 24",
    "IPv6 and a segment routing header, false, 0000040100000000 0000000000000000 0000000000000000, "
        + "48",
    "IPv6 and a routing header of mobility, false, 0000020100000000 0000000000000000 "
        + "0000000000000000, 48"
  })
  void theSumIsOfTheAddressAtTheEndOfTheWay(String name, boolean v4, String options, int at) {
    var route = HexFormat.of().parseHex(options.replace(" ", ""));
    var byAnotherHost = v4 ? Edit.swap(16, at, 4) : Edit.put(6, "2b").and(Edit.swap(24, at, 16));
    for (boolean tcp : new boolean[] {true, false}) {
      var large = Packet.sample(v4, tcp).withIpOptions(route);
      var right = expected(large, 40).stream().map(byAnotherHost).toList();
      var frame = byAnotherHost.apply(large.bytesWithoutChecksum());
      var virtio = Cutter.virtioOf(large, Cutter.NOT_TO_BE_BELIEVED, 40);
      assertThat(cutter.accepts(Cutter.join(virtio, frame))).as(name).isTrue();
      assertThat(readable(cutter.packets(128))).as(name).isEqualTo(readable(right));

      var alone = Cutter.virtio(0, 0, 0, large.ipBytes(), large.transportChecksumOffset());
      assertThat(cutter.accepts(Cutter.join(alone, frame))).as(name).isTrue();
      assertThat(cutter.packets(128)).containsExactly(byAnotherHost.apply(large.bytes()));
    }
  }

  /** The field may be the last two octets, and the sum may begin anywhere. */
  @Test
  void aChecksumMayEndThePacket() {
    byte[] packet = Packet.sample(true, false).withPayload(2).bytes();
    ByteBuffer.wrap(packet).putInt(26, 0x1234_0000);
    assertThat(cutter.accepts(Cutter.join(Cutter.virtio(0, 0, 0, 26, 2), packet))).isTrue();
    assertThat(ByteBuffer.wrap(cutter.packets(128).getFirst()).getInt(26)).isEqualTo(0x1234_edcb);
    // The field alone.
    assertThat(cutter.accepts(Cutter.join(Cutter.virtio(0, 0, 0, 28, 0), packet))).isTrue();
    assertThat(ByteBuffer.wrap(cutter.packets(128).getFirst()).getShort(28)).isEqualTo((short) -1);
  }

  /** A zero checksum would mean that there is none. */
  @Test
  void aChecksumOfDatagramsIsNeverZero() {
    for (boolean v4 : new boolean[] {true, false}) {
      var sample = Packet.sample(v4, false);
      var datagram = ByteBuffer.wrap(sample.withPayload(2).bytes());
      int field = sample.ipBytes() + 6;
      // This payload completes the sum to zero.
      var payload = ByteBuffer.allocate(4).putShort(datagram.getShort(field)).array();
      payload[2] = payload[0];
      payload[3] = payload[1];
      var large = sample.with(0, 7, 0, payload);
      for (byte[] packet : cutter.cut(large, 2, 128)) {
        assertThat(ByteBuffer.wrap(packet).getShort(field)).isEqualTo((short) 0xffff);
      }
    }
  }
}
