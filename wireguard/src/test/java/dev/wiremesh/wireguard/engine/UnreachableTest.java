package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.testkit.junit.Scenario;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.assertj.core.api.Condition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnreachableTest {
  /** With its checksum in it, what is covered sums up to zero in ones' complement (RFC 1071). */
  private static final Condition<Long> RIGHT =
      new Condition<>(sum -> sum > 0 && sum % 0xffff == 0, "right checksum");

  private final Pair pair = new Pair();

  @ParameterizedTest
  @Scenario("A packet to an address without a peer is answered with ICMP unreachable")
  @CsvSource({"10.0.0.1, 10.9.9.9, 20", "fd00::1, fd00::9, 40"})
  void packetWithoutPeerIsAnsweredWithIcmpUnreachable(String from, String to, int header) {
    var packet = Packets.packet(from, to, 1);
    pair.alice.tun.send(packet);
    pair.world.settle();
    var notice = pair.alice.tun.received().getFirst();
    boolean v4 = header == 20;
    assertThat(address(notice, v4 ? 12 : 8, v4)).isEqualTo(to);
    assertThat(address(notice, v4 ? 16 : 24, v4)).isEqualTo(from);
    assertThat(notice[header]).as("type").isEqualTo((byte) (v4 ? 3 : 1));
    assertThat(notice[header + 1]).as("code").isEqualTo((byte) (v4 ? 1 : 3));
    assertThat(Arrays.copyOfRange(notice, header + 8, notice.length)).isEqualTo(packet);
    long pseudoHeader = v4 ? 0 : sum(notice, 8, 40) + notice.length - 40 + 58;
    assertThat(sum(notice, header, notice.length) + pseudoHeader).is(RIGHT);
    if (v4) {
      assertThat(sum(notice, 0, 20)).is(RIGHT);
    }
  }

  private static String address(byte[] packet, int at, boolean v4) {
    return IpAddress.of(Arrays.copyOfRange(packet, at, at + (v4 ? 4 : 16))).toString();
  }

  /** Of 16-bit words; all lengths here are even. */
  private static long sum(byte[] packet, int from, int to) {
    var words = ByteBuffer.wrap(packet, from, to - from).asShortBuffer();
    return IntStream.range(0, words.limit())
        .mapToLong(i -> Short.toUnsignedLong(words.get(i)))
        .sum();
  }

  @Test
  void peerThatWasNeverHeardAndHasNoEndpointIsUnreachable() {
    pair.bob.tun.send(Packets.packet(Pair.BOB, Pair.ALICE, 1));
    pair.world.settle();
    assertThat(pair.bob.tun.received()).hasSize(1);
    assertThat(pair.sent()).isEmpty();
  }

  @Test
  void isToldAlsoWhileThereIsSomethingToReceiveAllTheTime() {
    pair.connected();
    pair.bob.tun.send(Packets.packet(Pair.BOB, Pair.ALICE, 1));
    pair.bob.send();
    pair.alice.tun.send(Packets.packet(Pair.ALICE, "10.9.9.9", 2));
    pair.alice.send();
    pair.alice.receive();
    assertThat(pair.alice.tun.received()).hasSize(2);
  }

  @Test
  void multicastFragmentsAndIcmpErrorsAreNotAnswered() {
    pair.alice.tun.send(Packets.packet("10.0.0.1", "224.0.0.251", 1));
    pair.alice.tun.send(Packets.packet("10.0.0.1", "255.255.255.255", 1));
    pair.alice.tun.send(Packets.packet("0.0.0.0", "10.9.9.9", 1));
    pair.alice.tun.send(Packets.packet("fd00::1", "ff02::1", 1));
    pair.alice.tun.send(Packets.packet("::", "fd00::9", 1));
    var laterFragment = Packets.packet("10.0.0.1", "10.9.9.9", 1);
    laterFragment[7] = 5;
    pair.alice.tun.send(laterFragment);
    pair.world.settle();
    assertThat(pair.alice.tun.received()).isEmpty();

    pair.alice.tun.send(Packets.packet("10.0.0.1", "10.9.9.9", 1));
    pair.alice.tun.send(Packets.packet("fd00::1", "fd00::9", 1));
    pair.world.settle();
    var notices = pair.alice.tun.received();
    assertThat(notices).hasSize(2);
    notices.forEach(pair.alice.tun::send);
    pair.world.settle();
    assertThat(pair.alice.tun.received()).isEmpty();
  }

  @Test
  void noticesAreLimited() {
    for (int i = 0; i < 1000; i++) {
      pair.alice.tun.send(Packets.packet("10.0.0.1", "10.9.9.9", i));
    }
    pair.world.settle();
    assertThat(pair.alice.tun.received()).hasSizeBetween(10, 40);
    pair.world.run(Duration.ofSeconds(1));
    pair.alice.tun.send(Packets.packet("10.0.0.1", "10.9.9.9", 1));
    pair.world.settle();
    assertThat(pair.alice.tun.received()).hasSize(1);
  }
}
