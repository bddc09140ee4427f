package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.io.memory.Datagram;
import dev.wiremesh.wireguard.packet.Ecn;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** ECN and DSCP of tunnel packets, outbound and inbound. */
class EcnTest {
  private static final int AF41 = 0x88;

  private final Pair pair = new Pair();

  @BeforeEach
  void dualStack() {
    pair.alice.device.changePeer(
        pair.alice.peer(pair.bob, "fd00::2/128").endpoint(pair.bob.endpoint()).build());
    pair.bob.device.changePeer(pair.bob.peer(pair.alice, "fd00::1/128").build());
  }

  @Test
  @Scenario("Handshakes are marked AF41")
  void handshakesAreMarkedAsTheKernelMarksThem() {
    pair.ping(1);
    assertThat(pair.sent())
        .filteredOn(Pair::isHandshake)
        .hasSize(2)
        .allSatisfy(datagram -> assertThat(datagram.trafficClass()).isEqualTo(AF41));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void marksOfTheInnerPacketAreShownOutsideAndItsClassIsNot(int marks) {
    pair.connected();
    for (byte[] packet : packets(AF41 | marks)) {
      pair.alice.tun.send(packet);
      pair.run(0.1);
      assertThat(pair.sent()).extracting(Datagram::trafficClass).containsExactly(marks);
      assertThat(pair.bob.tun.received()).containsExactly(packet);
    }
  }

  @Test
  void packetsThatWaitedForTheSessionAreMarkedToo() {
    pair.alice.tun.send(packets(2)[0]);
    pair.run(1);
    assertThat(pair.sent())
        .filteredOn(datagram -> !Pair.isHandshake(datagram))
        .extracting(Datagram::trafficClass)
        .containsExactly(2);
  }

  /** RFC 6040 section 4.2, but for what meets congestion and takes no marks. */
  @ParameterizedTest(name = "{0} inside and {1} outside is {2}")
  @CsvSource({
    "0, 0, 0", "0, 1, 0", "0, 2, 0", "0, 3, 0",
    "1, 0, 1", "1, 1, 1", "1, 2, 1", "1, 3, 3",
    "2, 0, 2", "2, 1, 1", "2, 2, 2", "2, 3, 3",
    "3, 0, 3", "3, 1, 3", "3, 2, 3", "3, 3, 3",
  })
  void marksOfTheWayReachTheInnerPacket(int inner, int outer, int expected) {
    pair.connected();
    pair.world.network.mark(datagram -> datagram.withTrafficClass(AF41 | outer));
    for (int i = 0; i < 2; i++) {
      pair.alice.tun.send(packets(AF41 | inner)[i]);
      pair.run(0.1);
      assertThat(pair.bob.tun.received()).containsExactly(packets(AF41 | expected)[i]);
    }
  }

  /** The sums that a carry out of the last or the first bit of 16 belongs to. */
  @ParameterizedTest
  @CsvSource({"2, 1", "2, 3", "1, 3"})
  void checksumIsRightWhateverTheRestOfTheHeader(int inner, int expected) {
    for (int word = 0; word <= 0xffff; word++) {
      byte[] packet = packets(inner)[0];
      ByteBuffer.wrap(packet).putShort(4, (short) word);
      setChecksum(packet);
      Ecn.copyMarks(MemorySegment.ofArray(packet), 0, 4, expected);
      byte[] wanted = packets(expected)[0];
      ByteBuffer.wrap(wanted).putShort(4, (short) word);
      setChecksum(wanted);
      assertThat(packet).isEqualTo(wanted);
    }
  }

  /** One of IPv4, its checksum right, and one of IPv6. */
  private static byte[][] packets(int trafficClass) {
    byte[] v4 = Packets.packet(Pair.ALICE, Pair.BOB, 1);
    v4[1] = (byte) trafficClass;
    setChecksum(v4);
    byte[] v6 = Packets.packet("fd00::1", "fd00::2", 1);
    ByteBuffer.wrap(v6).putInt(0, 6 << 28 | trafficClass << 20);
    return new byte[][] {v4, v6};
  }

  private static void setChecksum(byte[] v4) {
    var header = ByteBuffer.wrap(v4).putShort(10, (short) 0);
    int sum = 0;
    for (int i = 0; i < 20; i += 2) {
      sum += header.getShort(i) & 0xffff;
    }
    sum = (sum & 0xffff) + (sum >>> 16);
    header.putShort(10, (short) ~((sum & 0xffff) + (sum >>> 16)));
  }
}
