package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.device.BatchSizes;
import dev.wiremesh.wireguard.device.DeviceEvent.HandshakeCompleted;
import dev.wiremesh.wireguard.device.PeerSnapshot;
import dev.wiremesh.wireguard.io.memory.Datagram;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Measurements of the path to a peer without probes: loss, reordering, RTT of handshakes. */
class MeasurementsTest {
  private final Pair pair = new Pair();

  @Test
  @Scenario("Lost packets are counted exactly, one way")
  void lostPacketsAreCountedExactly() {
    pair.connected();
    lose(1, 2);
    pair.ping(3);
    laterPing(4);
    laterPing(5);
    assertThat(atBob().traffic().lostPackets()).isEqualTo(2);
    assertThat(atBob().traffic().reorderedPackets()).isZero();
    laterPing(6);
    laterPing(7);
    assertThat(atBob().traffic().lostPackets()).as("once").isEqualTo(2);
  }

  @Test
  @Scenario("A late packet counts as reordered, not as lost")
  void overtakenPacketsAreReorderedAndNotLost() {
    pair.connected();
    for (int round = 0; round < 5; round++) {
      var held = lose(1, 2);
      pair.ping(3);
      pair.run(0.3);
      pair.world.network.inject(held.getLast());
      pair.world.network.inject(held.getFirst());
      pair.run(0.3);
    }
    laterPing(4);
    laterPing(5);
    assertThat(atBob().traffic().reorderedPackets()).isEqualTo(10);
    assertThat(atBob().traffic().lostPackets()).isZero();
  }

  @Test
  void packetThatComesMuchTooLateIsTakenOffTheLossesThatFollow() {
    pair.connected();
    var held = lose(1, 2);
    pair.ping(3);
    laterPing(4);
    laterPing(5);
    pair.world.network.inject(held.getFirst());
    laterPing(6);
    laterPing(7);
    assertThat(atBob().traffic().reorderedPackets()).isEqualTo(1);
    assertThat(atBob().traffic().lostPackets()).as("a counter never falls").isEqualTo(2);
    lose(8);
    laterPing(9);
    laterPing(10);
    assertThat(atBob().traffic().lostPackets()).as("2 of 3 that were missing").isEqualTo(2);
    lose(11);
    laterPing(12);
    laterPing(13);
    assertThat(atBob().traffic().lostPackets()).isEqualTo(3);
  }

  @Test
  void lossesAddUpOverSessions() {
    pair.connected();
    lose(1);
    pair.ping(2);
    pair.run(130);
    pair.ping(3);
    pair.run(5);
    assertThat(pair.bob.completed).hasSize(2);
    lose(4);
    pair.ping(5);
    pair.run(600);
    assertThat(atBob().traffic().lostPackets()).isEqualTo(2);
  }

  @Test
  void lossesBeforeTheLastPacketOfASessionAreCountedAtItsEnd() {
    pair.connected();
    lose(1);
    pair.ping(2);
    pair.world.network.lose(datagram -> true);
    pair.run(100);
    assertThat(atBob().traffic().lostPackets()).as("the packet may still come").isZero();
    pair.run(600);
    assertThat(atBob().traffic().lostPackets()).isEqualTo(1);
  }

  @Test
  void repeatedPacketIsNeitherReorderedNorLost() {
    pair.connected();
    pair.ping(1);
    var packet = pair.sent().getFirst();
    pair.ping(2);
    pair.world.network.inject(packet);
    pair.run(0.1);
    assertThat(atBob().traffic().reorderedPackets()).isZero();
    assertThat(atBob().traffic().lostPackets()).isZero();
  }

  @Test
  void roundTripsAreSmoothedAndTheirJitterIsKnown() {
    assertThat(atAlice().roundTrip().smoothed()).isNull();
    handshakeWithDelay(10);
    assertThat(atAlice().roundTrip().smoothed()).isEqualTo(Duration.ofMillis(20));
    assertThat(atAlice().roundTrip().jitter()).as("one says nothing").isNull();
    handshakeWithDelay(18);
    assertThat(atAlice().roundTrip().handshake()).isEqualTo(Duration.ofMillis(36));
    assertThat(atAlice().roundTrip().smoothed()).isEqualTo(Duration.ofMillis(22));
    assertThat(atAlice().roundTrip().jitter()).isEqualTo(Duration.ofMillis(16));
    assertThat(atBob().roundTrip().jitter())
        .as("the responder knows it too")
        .isEqualTo(Duration.ofMillis(16));
  }

  @Test
  void confirmationThatWasLostIsNoRoundTrip() {
    pair.world.network.lose(
        datagram -> Pair.isFrom(pair.alice, datagram) && !Pair.isHandshake(datagram));
    pair.ping(1);
    pair.run(1);
    pair.world.network.lose(datagram -> false);
    pair.run(3);
    pair.ping(2);
    assertThat(pair.bobReceived()).containsExactly(2);
    assertThat(pair.bob.completed).extracting(HandshakeCompleted::duration).containsOnlyNulls();
    assertThat(atBob().roundTrip().handshake()).isNull();
    assertThat(atBob().roundTrip().smoothed()).isNull();
  }

  @Test
  void batchesAreCountedByTheirSizeOnBothSides() {
    pair.connected();
    var sent = pair.alice.device.counters().outgoing();
    var received = pair.bob.device.counters().incoming();
    for (int number = 1; number <= 3; number++) {
      pair.alice.tun.send(Packets.packet(Pair.ALICE, Pair.BOB, number));
    }
    pair.world.settle();
    pair.ping(4);
    assertThat(pair.bobReceived()).containsExactly(1, 2, 3, 4);
    assertThat(growth(sent, pair.alice.device.counters().outgoing()))
        .as("of 1, 2 and up to 4 packets")
        .startsWith(1L, 0L, 1L, 0L);
    assertThat(growth(received, pair.bob.device.counters().incoming())).startsWith(1L, 0L, 1L, 0L);
    assertThat(pair.alice.device.counters().outgoing().packets()).isEqualTo(sent.packets() + 4);
  }

  private static List<Long> growth(BatchSizes before, BatchSizes after) {
    return IntStream.range(0, after.counts().size())
        .mapToObj(step -> after.counts().get(step) - before.counts().get(step))
        .toList();
  }

  private void handshakeWithDelay(int millis) {
    var delay = Duration.ofMillis(millis);
    pair.world.network.setDelay(delay, delay);
    pair.run(200);
    pair.ping(0);
    pair.run(2);
  }

  /** A packet after the time that a gap is given. */
  private void laterPing(int number) {
    pair.run(1.1);
    pair.ping(number);
  }

  private List<Datagram> lose(int... numbers) {
    pair.sent();
    pair.world.network.lose(datagram -> true);
    for (int number : numbers) {
      pair.ping(number);
    }
    pair.world.network.lose(datagram -> false);
    return pair.sent();
  }

  private PeerSnapshot atAlice() {
    return pair.alice.peerSnapshot(pair.bob);
  }

  private PeerSnapshot atBob() {
    return pair.bob.peerSnapshot(pair.alice);
  }
}
