package dev.wiremesh.wireguard.offload;

import static dev.wiremesh.wireguard.offload.Edit.flip;
import static dev.wiremesh.wireguard.offload.Edit.put;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Pairs of packets that differ in one header field and must not be joined. The rules are those of
 * the kernel's {@code inet_gro_receive}, {@code ipv6_gro_receive}, {@code tcp_gro_receive} and
 * {@code udp_gro_receive_segment}.
 */
class GroCoalescerHeadersTest {
  private static final Packet TCP4 = Packet.sample(true, true);
  private static final Packet UDP4 = Packet.sample(true, false);
  private static final Packet TCP6 = Packet.sample(false, true);
  private static final Packet UDP6 = Packet.sample(false, false);

  /** Where TCP and UDP begin. */
  private static final int IN4 = 20;

  private static final int IN6 = 40;

  private record Row(String name, byte[] first, byte[] second) {
    Row(String name, Packet sample, Edit edit) {
      this(name, sample.bytes(), edit.apply(sample.later(1).bytes()));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  @ParameterizedTest
  @CsvSource({"true, true", "true, false", "false, true", "false, false"})
  void withoutAnyDifferenceTheyAreJoined(boolean v4, boolean tcp) {
    var sample = Packet.sample(v4, tcp);
    assertThat(Frames.of(sample, sample.later(1)).sizes()).containsExactly(2);
  }

  @ParameterizedTest
  @CsvSource({"true, true", "true, false", "false, true", "false, false"})
  void aFrameHasTheHeadersOfTheFirstAndThePushOfTheLast(boolean v4, boolean tcp) {
    var sample = Packet.sample(v4, tcp);
    int flags = Packet.ACK | Packet.PSH;
    var frame = Frames.of(sample, sample.later(1).withFlags(flags)).written().getFirst();
    var joined = sample.withPayload(200).withFlags(flags).bytesWithoutChecksum();
    var virtio = Cutter.virtioOf(sample, sample.headerBytes(), 100);
    assertThat(frame).isEqualTo(Cutter.join(virtio, joined));
  }

  @ParameterizedTest
  @MethodSource({"inIpV4", "inIpV6", "inPorts", "inTcp", "inFlowsThatLookAlike"})
  void packetsThatDifferAreTwoFrames(Row row) {
    assertThat(Frames.of(row.first, row.second).sizes()).containsExactly(1, 1);
  }

  static Stream<Row> inIpV4() {
    return Stream.of(
        new Row("DSCP", UDP4, flip(1, 0x20)),
        new Row("ECN", TCP4, flip(1, 0x03)),
        new Row("DF of the second", TCP4.withId(false, 7), flip(6, 0x40)),
        new Row("DF of the first", TCP4, flip(6, 0x40)),
        new Row("TTL", UDP4, flip(8, 1)),
        new Row("source", UDP4, flip(15, 2)),
        new Row("destination", UDP4, flip(19, 2)));
  }

  static Stream<Row> inIpV6() {
    return Stream.of(
        new Row("traffic class, upper half", TCP6, flip(0, 0x08)),
        new Row("traffic class, lower half", TCP6, flip(1, 0x20)),
        new Row("flow label", UDP6, flip(3, 1)),
        new Row("hop limit", UDP6, flip(7, 1)),
        new Row("source's network", UDP6, flip(9, 1)),
        new Row("source's host", UDP6, flip(23, 2)),
        new Row("destination's network", UDP6, flip(25, 1)),
        new Row("destination's host", UDP6, flip(39, 2)));
  }

  static Stream<Row> inPorts() {
    return Stream.of(
        new Row("source port of TCP", TCP4, flip(IN4 + 1, 1)),
        new Row("destination port of TCP", TCP6, flip(IN6 + 3, 1)),
        new Row("source port of UDP", UDP6, flip(IN6 + 1, 1)),
        new Row("destination port of UDP", UDP4, flip(IN4 + 3, 1)));
  }

  static Stream<Row> inTcp() {
    var longer = TCP4.later(1).withTcpOptions(Arrays.copyOf(TCP4.tcpOptions(), 8));
    return Stream.of(
        new Row("sequence number with a hole", TCP4, flip(IN4 + 7, 1)),
        new Row("sequence number again", TCP6.bytes(), TCP6.bytes()),
        new Row("acknowledgement", TCP4, flip(IN4 + 11, 1)),
        new Row("reserved bits", TCP4, flip(IN4 + 12, 1)),
        new Row("window", TCP6, flip(IN6 + 15, 1)),
        new Row("value of an option", TCP4, flip(IN4 + 23, 1)),
        new Row("more options", TCP4.bytes(), longer.bytes()));
  }

  /** Addresses that were searched for: their flows have the same hash in {@link GroCoalescer}. */
  static Stream<Row> inFlowsThatLookAlike() {
    return Stream.of(
        new Row("addresses, UDP over IPv4", UDP4, put(12, "f5ffffe1f5ffff83")),
        new Row("addresses, TCP over IPv4", TCP4, put(12, "f5fffffff5ffff9d")),
        new Row("addresses, UDP over IPv6", UDP6, put(20, "b5fb3d9d9deb7c4c")),
        new Row("addresses, TCP over IPv6", TCP6, put(20, "ffffffff02fffffe")));
  }

  @ParameterizedTest
  @CsvSource({
    "may be fragmented: IDs follow, false, 7, 8, 9, 3",
    "may be fragmented: the same ID, false, 7, 7, 7, 1 1 1",
    "may be fragmented: an ID is missing, false, 7, 9, 10, 1 2",
    "may be fragmented: IDs fall, false, 7, 6, 5, 1 1 1",
    "may be fragmented: the third is wrong, false, 7, 8, 10, 2 1",
    "may be fragmented: the third is the second's, false, 7, 8, 8, 2 1",
    "may be fragmented: IDs begin anew, false, 65535, 0, 1, 3",
    "not to be fragmented: IDs follow, true, 7, 8, 9, 3",
    "not to be fragmented: always zero, true, 0, 0, 0, 3",
    "not to be fragmented: any, true, 900, 7, 65535, 3"
  })
  void idsFollowWhereTheyMeanSomething(
      String name, boolean df, int first, int second, int third, String sizes) {
    for (var sample : List.of(TCP4, UDP4)) {
      var frames =
          Frames.of(
              sample.withId(df, first),
              sample.later(1).withId(df, second),
              sample.later(2).withId(df, third));
      assertThat(frames.sizes().stream().map(String::valueOf).collect(joining(" ")))
          .as(name)
          .isEqualTo(sizes);
    }
  }
}
