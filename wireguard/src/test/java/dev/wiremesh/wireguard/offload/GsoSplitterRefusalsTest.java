package dev.wiremesh.wireguard.offload;

import static dev.wiremesh.wireguard.offload.Cutter.expected;
import static dev.wiremesh.wireguard.offload.Cutter.readable;
import static dev.wiremesh.wireguard.offload.Edit.put;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Virtio headers that do not fit their packets. */
class GsoSplitterRefusalsTest {
  private static final Packet TCP4 = Packet.sample(true, true);
  private static final Packet UDP4 = Packet.sample(true, false);
  private static final Packet TCP6 = Packet.sample(false, true);
  private static final Packet UDP6 = Packet.sample(false, false);

  private static final int TYPE_TCP4 = 1;
  private static final int TYPE_TCP6 = 4;
  private static final int TYPE_UDP = 5;

  private final Cutter cutter = new Cutter();

  private record Row(String name, byte[] read) {
    Row(String name, int type, int segment, int start, int offset, byte[] packet) {
      this(name, Cutter.join(Cutter.virtio(type, 0, segment, start, offset), packet));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  @ParameterizedTest
  @MethodSource({"nothing", "segments", "types", "headers", "checksums"})
  void malformedHeaderIsRefusedAndTheNextReadIsNot(Row row) {
    assertThat(cutter.accepts(row.read)).isFalse();
    assertThat(cutter.packets(128)).isEmpty();
    assertThat(readable(cutter.cut(TCP6, 40, 128))).isEqualTo(readable(expected(TCP6, 40)));
  }

  @Test
  void refusedReadDropsWaitingPackets() {
    var virtio = Cutter.virtioOf(TCP4, Cutter.NOT_TO_BE_BELIEVED, 40);
    assertThat(cutter.accepts(Cutter.join(virtio, TCP4.bytesWithoutChecksum()))).isTrue();
    assertThat(cutter.accepts(virtio)).isFalse();
    assertThat(cutter.packets(128)).isEmpty();
  }

  static Stream<Row> nothing() {
    return Stream.of(
        new Row("nothing at all", new byte[0]),
        new Row("half a virtio header", new byte[5]),
        new Row("no packet", new byte[VirtioHeader.BYTES]));
  }

  static Stream<Row> segments() {
    return Stream.of(
        new Row("segments of nothing, TCP", TYPE_TCP4, 0, 20, 16, TCP4.bytes()),
        new Row("segments of nothing, UDP", TYPE_UDP, 0, 40, 6, UDP6.bytes()),
        new Row("segments of a sum that is there", segmentsWithoutNeed()));
  }

  private static byte[] segmentsWithoutNeed() {
    var virtio = Cutter.virtioOf(TCP4, 0, 40);
    virtio[0] = 0;
    return Cutter.join(virtio, TCP4.bytes());
  }

  static Stream<Row> types() {
    return Stream.of(
        new Row("TCP over IPv4, but it is IPv6", TYPE_TCP4, 40, 40, 16, TCP6.bytes()),
        new Row("TCP over IPv6, but it is IPv4", TYPE_TCP6, 40, 40, 16, tcp4WithOptions()),
        new Row("fragments of UDP", 3, 40, 20, 6, UDP4.bytes()),
        new Row("unknown", 2, 40, 20, 6, UDP4.bytes()),
        new Row("UDP in a tunnel", 0x20 | TYPE_UDP, 40, 20, 6, UDP4.bytes()));
  }

  /** TCP begins where it does behind an IPv6 header. */
  private static byte[] tcp4WithOptions() {
    return TCP4.withIpOptions(new byte[20]).bytes();
  }

  /** In the first two, the acknowledgement is what is taken for the data offset. */
  static Stream<Row> headers() {
    int udp4 = UDP4.headerBytes();
    return Stream.of(
        new Row("TCP inside the IPv4 header", TYPE_TCP4, 40, 16, 16, TCP4.bytes()),
        new Row("TCP inside the IPv6 header", TYPE_TCP6, 40, 36, 16, TCP6.bytes()),
        new Row("UDP inside the IPv4 header", TYPE_UDP, 40, 19, 6, UDP4.bytes()),
        new Row("UDP inside the IPv6 header", TYPE_UDP, 40, 39, 6, UDP6.bytes()),
        new Row("TCP behind the packet", TYPE_TCP4, 40, 65_535, 16, TCP4.bytes()),
        new Row("UDP behind the packet", TYPE_UDP, 40, 65_535, 6, UDP4.bytes()),
        new Row("half a TCP header", TYPE_TCP4, 40, 20, 16, Arrays.copyOf(TCP4.bytes(), 39)),
        new Row("half a UDP header", TYPE_UDP, 40, 20, 6, Arrays.copyOf(UDP4.bytes(), 24)),
        new Row("TCP without payload", TYPE_TCP4, 40, 20, 16, TCP4.withPayload(0).bytes()),
        new Row("UDP without payload", TYPE_UDP, 40, 20, 6, Arrays.copyOf(UDP4.bytes(), udp4)),
        new Row("a short TCP header", TYPE_TCP4, 40, 20, 16, put(32, "40").apply(TCP4.bytes())),
        new Row("a long TCP header", TYPE_TCP4, 40, 20, 16, longHeader()));
  }

  private static byte[] longHeader() {
    return put(32, "f0").apply(TCP4.withPayload(35).bytes());
  }

  static Stream<Row> checksums() {
    int length = UDP4.bytes().length;
    return Stream.of(
        new Row("checksum half outside", 0, 0, 20, length - 21, UDP4.bytes()),
        new Row("sum from behind the packet", 0, 0, length, 0, UDP4.bytes()),
        new Row("all as large as can be", 0, 0, 65_535, 65_535, UDP4.bytes()));
  }
}
