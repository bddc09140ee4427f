package dev.wiremesh.wireguard.offload;

import static dev.wiremesh.wireguard.offload.Edit.cut;
import static dev.wiremesh.wireguard.offload.Edit.flip;
import static dev.wiremesh.wireguard.offload.Edit.put;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Consecutive packets of a flow that must not be joined because of their kind. */
class GroCoalescerRefusalsTest {
  private static final Packet TCP4 = Packet.sample(true, true);
  private static final Packet UDP4 = Packet.sample(true, false);
  private static final Packet TCP6 = Packet.sample(false, true);
  private static final Packet UDP6 = Packet.sample(false, false);

  private static final byte[] OPTIONS = {1, 1, 1, 0};

  private record Row(String name, byte[] first, byte[] second) {
    /** Both packets are like that. */
    Row(String name, Packet sample, Edit edit) {
      this(name, edit.apply(sample.bytes()), edit.apply(sample.later(1).bytes()));
    }

    Row(String name, Packet sample) {
      this(name, sample, packet -> packet);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  @ParameterizedTest
  @MethodSource({"tcp", "udp", "ipV4", "ipV6"})
  void staySingle(Row row) {
    assertThat(Frames.of(row.first, row.second).sizes()).containsExactly(1, 1);
  }

  static Stream<Row> tcp() {
    return Stream.of(
        new Row("SYN", TCP4.withFlags(Packet.ACK | Packet.SYN)),
        new Row("FIN", TCP4.withFlags(Packet.ACK | Packet.FIN)),
        new Row("RST", TCP6.withFlags(Packet.ACK | Packet.RST)),
        new Row("URG", TCP6.withFlags(Packet.ACK | Packet.URG)),
        new Row("ECE", TCP4.withFlags(Packet.ACK | Packet.ECE)),
        new Row("CWR", TCP6.withFlags(Packet.ACK | Packet.CWR)),
        new Row("no ACK", TCP4.withFlags(0)),
        new Row("PSH on the first", TCP4.withFlags(Packet.ACK | Packet.PSH)),
        new Row("no payload, TCP", TCP4.withPayload(0)),
        withDataOffset("header shorter than TCP's", 4, 100, 108),
        withDataOffset("header as long as the packet", 15, 36, 0),
        withDataOffset("header longer than the packet", 15, 20, -16));
  }

  /** Of packets that end where they should, and whose sequence numbers would follow like that. */
  private static Row withDataOffset(String name, int words, int payload, int apparently) {
    var first = TCP4.withPayload(payload);
    var second = first.with(first.sequence() + apparently, 8, Packet.ACK, first.payload());
    var offset = put(32, Integer.toHexString(words) + "0");
    return new Row(name, offset.apply(first.bytes()), offset.apply(second.bytes()));
  }

  static Stream<Row> udp() {
    return Stream.of(
        new Row("no payload, UDP", UDP4.withPayload(0)),
        new Row("UDP's length is less", UDP4, flip(25, 4)),
        new Row("UDP's length is more", UDP6, flip(45, 1)),
        new Row("no checksum over IPv4", UDP4, put(26, "0000")),
        new Row("no checksum over IPv6", UDP6, put(46, "0000")));
  }

  static Stream<Row> ipV4() {
    return Stream.of(
        new Row("first fragment", UDP4.withId(false, 7), flip(6, 0x20)),
        new Row("later fragment", TCP4.withId(false, 7), put(6, "0010")),
        new Row("reserved flag", TCP4, flip(6, 0x80)),
        new Row("options, of TCP", TCP4.withIpOptions(OPTIONS)),
        // Read as ports, they make these ports the length.
        new Row("options, of UDP", UDP4.withIpOptions(OPTIONS), put(24, "0070")),
        new Row("header shorter than IPv4's", TCP4, put(0, "44")),
        new Row("total length is less", TCP4, flip(3, 0x10)),
        new Row("total length is more", UDP4, flip(2, 0x10)),
        new Row("another protocol", TCP4, put(9, "21")),
        new Row("shorter than IPv4", UDP4, cut(19)),
        new Row("shorter than UDP over IPv4", UDP4, cut(27).and(put(2, "001b"))),
        new Row("shorter than TCP over IPv4", TCP4, cut(39).and(put(2, "0027"))));
  }

  static Stream<Row> ipV6() {
    return Stream.of(
        new Row("payload length is less", TCP6, flip(5, 0x10)),
        new Row("payload length is more", UDP6, flip(4, 0x10)),
        new Row("another next header", TCP6, put(6, "21")),
        new Row("shorter than UDP over IPv6", UDP6, cut(47).and(put(4, "0007"))),
        new Row("no IP, but the rest of IPv6", TCP6, put(0, "70")));
  }

  /** A packet that cannot be parsed may be of the same flow: later packets must stay behind it. */
  @ParameterizedTest
  @MethodSource("opaque")
  void areNotOvertaken(Row row) {
    var plain = row.first;
    assertThat(Frames.of(plain, row.second, plain).sizes()).containsExactly(1, 1, 1);
  }

  static Stream<Row> opaque() {
    var options = UDP4.withIpOptions(OPTIONS).bytes();
    var extended = UDP6.withIpOptions(new byte[8]);
    return Stream.concat(
        Stream.of(new Row("IPv4 options", UDP4.bytes(), options)),
        Stream.of("00 hop-by-hop", "2b routing", "2c fragment", "33 authentication", "3c options")
            .map(kind ->
                new Row(
                    "IPv6 " + kind,
                    UDP6.bytes(),
                    put(6, kind.substring(0, 2)).apply(extended.bytes()))));
  }
}
