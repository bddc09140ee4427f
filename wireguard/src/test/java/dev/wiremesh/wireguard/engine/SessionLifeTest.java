package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.device.DeviceEvent.HandshakeCompleted;
import dev.wiremesh.wireguard.device.DropReason;
import dev.wiremesh.wireguard.device.HandshakeOutcome;
import dev.wiremesh.wireguard.io.memory.Datagram;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SessionLifeTest {
  private final Pair pair = new Pair();

  @Test
  @Scenario("The initiator renews a session after two minutes, and no packet is lost")
  void initiatorRenewsTheSessionAfterTwoMinutesAndLosesNothing() {
    for (int i = 0; i < 1300; i++) {
      pair.ping(i);
      pair.pong(i);
      pair.run(0.1);
      if (i == 1190) {
        assertThat(pair.alice.completed).hasSize(1);
      }
    }
    assertThat(pair.bobReceived()).containsExactly(IntStream.range(0, 1300).toArray());
    assertThat(pair.aliceReceived()).hasSizeGreaterThanOrEqualTo(1299);
    assertThat(pair.alice.completed).hasSize(2).allMatch(HandshakeCompleted::initiator);
    assertThat(pair.bob.completed).hasSize(2).noneMatch(HandshakeCompleted::initiator);
    assertThat(pair.alice.peerSnapshot(pair.bob).traffic().lostPackets()).isZero();
    assertThat(pair.bob.peerSnapshot(pair.alice).traffic().lostPackets()).isZero();
  }

  @Test
  void slowRenewalLosesNothingOfWhatIsUnderWay() {
    pair.world.network.setDelay(Duration.ofMillis(150), Duration.ofMillis(250));
    pair.ping(0);
    pair.run(2);
    for (int i = 1; i < 1500; i++) {
      pair.ping(i);
      pair.pong(i);
      pair.run(0.1);
    }
    pair.run(2);
    assertThat(pair.bobReceived()).hasSize(1500);
    assertThat(pair.aliceReceived()).hasSize(1499);
    assertThat(pair.alice.completed).hasSize(2);
  }

  @Test
  @Scenario("An initiator that only receives renews the session before it ends")
  void initiatorRenewsAnOldSessionWhenItReceives() {
    pair.connected();
    pair.run(163);
    pair.pong(1);
    assertThat(pair.sent()).noneMatch(Pair::isInitiation);
    pair.run(1);
    pair.pong(2);
    assertThat(pair.sent()).filteredOn(Pair::isInitiation).hasSize(1);
    assertThat(pair.aliceReceived()).containsExactly(1, 2);
  }

  /** Its host's answer is there before our control thread has looked at anything. */
  @Test
  void peerThatLostItsSessionsIsAnsweredUnderTheNewOneAtOnce() {
    pair.connected();
    pair.alice.tun.setUp(false);
    pair.alice.tun.setUp(true);
    pair.alice.tun.send(Packets.packet(Pair.ALICE, Pair.BOB, 1));
    pair.alice.send();
    workOff(pair.alice);
    pair.bob.receive();
    workOff(pair.bob);
    pair.alice.receive();
    workOff(pair.alice);
    pair.bob.receive();
    assertThat(pair.bobReceived()).containsExactly(1);
    pair.bob.tun.send(Packets.packet(Pair.BOB, Pair.ALICE, 2));
    pair.bob.send();
    pair.world.settle();
    assertThat(pair.aliceReceived()).containsExactly(2);
  }

  private static void workOff(MemoryHost host) {
    while (host.device.controlWork() > 0) {}
  }

  /** Packets of the previous session are delayed until that session is nearly expired. */
  @Test
  void lateStragglersOfTheLastSessionRenewNothing() {
    pair.connected();
    pair.run(119);
    pair.world.network.setDelay(Duration.ofSeconds(50), Duration.ofSeconds(50));
    pair.bob.tun.send(Packets.packet(Pair.BOB, Pair.ALICE, 1));
    pair.world.settle();
    pair.world.network.setDelay(Duration.ZERO, Duration.ZERO);
    pair.run(2);
    pair.ping(2);
    pair.run(1);
    assertThat(pair.alice.completed).as("renewed in its time").hasSize(2);
    pair.pong(3);
    pair.sent();
    pair.run(50);
    assertThat(pair.aliceReceived()).containsExactly(3, 1);
    assertThat(pair.sent()).noneMatch(Pair::isHandshake);
  }

  @Test
  void responderLeavesRenewingToTheInitiator() {
    pair.connected();
    for (int i = 1; i < 300; i++) {
      pair.pong(i);
      pair.run(1);
    }
    assertThat(pair.aliceReceived()).hasSize(299);
    assertThat(pair.alice.completed).hasSize(3);
    assertThat(pair.bob.handshakes(HandshakeOutcome.INITIATION_SENT)).isZero();
  }

  @Test
  @Scenario("Nothing is sent under a session of three minutes")
  void nothingIsSentUnderASessionOfThreeMinutes() {
    pair.connected();
    pair.world.network.lose(Pair::isHandshake);
    int before = 0;
    for (int i = 1; i < 250; i++) {
      pair.ping(i);
      pair.pong(i);
      pair.run(1);
      if (i == 178) {
        before = pair.bobReceived().length;
      }
    }
    assertThat(before).isEqualTo(178);
    assertThat(pair.bobReceived()).hasSizeLessThanOrEqualTo(1);
  }

  @Test
  @Scenario("Nothing is accepted under a session of three minutes")
  void nothingIsAcceptedUnderASessionOfThreeMinutes() {
    pair.connected();
    pair.world.network.lose(datagram -> true);
    pair.ping(1);
    var late = pair.sent().getFirst();
    pair.run(180);
    pair.world.network.inject(late);
    pair.run(1);
    assertThat(pair.bobReceived()).isEmpty();
    assertThat(pair.bob.dropped(DropReason.EXPIRED)).isEqualTo(1);
  }

  @Test
  @Scenario("Keys are wiped nine minutes after the last handshake")
  void keysAreForgottenNineMinutesAfterTheLastHandshake() {
    pair.connected();
    pair.world.network.lose(datagram -> true);
    pair.ping(1);
    var late = pair.sent().stream().filter(d -> !Pair.isHandshake(d)).findFirst().orElseThrow();
    pair.run(538);
    pair.world.network.inject(late);
    pair.run(0.1);
    assertThat(pair.bob.dropped(DropReason.EXPIRED)).isEqualTo(1);
    pair.run(3);
    pair.world.network.inject(late);
    pair.run(0.1);
    assertThat(pair.bob.dropped(DropReason.NO_SESSION)).isEqualTo(1);
  }

  /** There may be half an exchange; the kernel arms the same timer. */
  @Test
  void whateverAHandshakeLeftIsForgottenNineMinutesAfterItWasGivenUp() {
    pair.world.network.lose(datagram -> true);
    pair.ping(1);
    pair.run(110);
    assertThat(pair.alice.handshakes(HandshakeOutcome.GAVE_UP)).isEqualTo(1);
    assertThat(pair.alice.device.holdings().timers()).isEqualTo(1);
    pair.run(480);
    assertThat(pair.alice.device.holdings().timers()).isEqualTo(1);
    pair.run(60);
    assertThat(pair.alice.device.holdings().timers()).isZero();
  }

  @Test
  void manyMessagesLeadToANewSession() {
    var limits = ProtocolLimits.builder().jitter(Duration.ZERO).rekeyAfterMessages(10).build();
    var busy = new Pair(new World(), limits);
    for (int i = 0; i < 9; i++) {
      busy.ping(i);
    }
    busy.run(6);
    assertThat(busy.alice.completed).hasSize(1);
    busy.ping(9);
    busy.run(1);
    assertThat(busy.alice.completed).hasSize(2);
  }

  @Test
  void noMoreMessagesAreSentThanASessionMayCarry() {
    var limits =
        ProtocolLimits.builder()
            .jitter(Duration.ZERO)
            .rekeyAfterMessages(10)
            .rejectAfterMessages(20)
            .build();
    var busy = new Pair(new World(), limits);
    busy.ping(0);
    busy.world.network.lose(Pair::isHandshake);
    for (int i = 1; i < 40; i++) {
      busy.ping(i);
    }
    assertThat(busy.bobReceived()).hasSize(20);
    busy.world.network.lose(datagram -> false);
    busy.run(6);
    assertThat(busy.bobReceived()).as("what waited").hasSize(20);
  }

  @Test
  @Scenario("At most 128 packets wait for a session; the oldest are dropped")
  void packetsThatWaitForASessionAreBoundedAndTheOldestGo() {
    pair.world.network.lose(Pair::isHandshake);
    for (int i = 0; i < 130; i++) {
      pair.ping(i);
    }
    pair.world.network.lose(datagram -> false);
    pair.run(6);
    assertThat(pair.bobReceived()).containsExactly(IntStream.range(2, 130).toArray());
    assertThat(pair.alice.dropped(DropReason.QUEUE_FULL)).isEqualTo(2);
  }

  @Test
  @Scenario("A machine that slept for an hour sends nothing under the session it had before")
  void sessionExpiresDuringSuspend() {
    pair.connected();
    pair.world.skip(Duration.ofHours(1));
    pair.ping(1);
    pair.run(1);
    assertThat(pair.bobReceived()).containsExactly(1);
    assertThat(pair.alice.handshakes(HandshakeOutcome.COMPLETED_AS_INITIATOR)).isEqualTo(2);
    assertThat(pair.bob.dropped(DropReason.EXPIRED)).isZero();
    pair.sent();
    pair.run(600);
    assertThat(pair.sent()).as("nothing is made up for").hasSizeLessThanOrEqualTo(2);
  }

  @Test
  @Scenario("A replayed packet is refused")
  void replayedPacketIsRefused() {
    pair.connected();
    pair.ping(1);
    var packet = pair.sent().getFirst();
    pair.world.network.inject(packet);
    pair.world.network.inject(packet);
    pair.run(1);
    assertThat(pair.bobReceived()).containsExactly(1);
    assertThat(pair.bob.dropped(DropReason.REPLAY)).isEqualTo(2);
  }

  @Test
  void changedPacketIsRefused() {
    pair.connected();
    pair.ping(1);
    var packet = pair.sent().getFirst();
    byte[] changed = packet.payload().clone();
    changed[20] ^= 1;
    changed[8] += 1;
    pair.world.network.inject(new Datagram(packet.from(), packet.to(), changed));
    pair.run(1);
    assertThat(pair.bobReceived()).containsExactly(1);
    assertThat(pair.bob.dropped(DropReason.NOT_AUTHENTIC)).isEqualTo(1);
  }
}
