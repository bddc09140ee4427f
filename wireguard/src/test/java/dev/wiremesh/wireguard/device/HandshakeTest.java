package dev.wiremesh.wireguard.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.handshake.MessageType;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.io.memory.Datagram;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class HandshakeTest {
  private final Pair pair = new Pair();

  @Test
  void firstPacketBringsTheSessionUpAndArrivesUnchanged() {
    byte[] packet = Packets.packet(Pair.ALICE, Pair.BOB, 7, 33);
    pair.alice.tun.send(packet);
    pair.run(1);

    assertThat(pair.bob.tun.received()).containsExactly(packet);
    assertThat(pair.alice.completed)
        .extracting(Host.Completed::peer, Host.Completed::initiator)
        .containsExactly(tuple(pair.bob.publicKey(), true));
    assertThat(pair.bob.completed)
        .extracting(Host.Completed::peer, Host.Completed::initiator)
        .containsExactly(tuple(pair.alice.publicKey(), false));
    assertThat(pair.alice.peerSnapshot(pair.bob).lastHandshake()).isEqualTo(World.BEGINNING);
  }

  @Test
  @Scenario(
      "Packets that come while those before them leave for a new session do not overtake them")
  void packetsThatWaitedGoBeforeThoseThatComeMeanwhile() {
    for (int number = 1; number <= 3; number++) {
      pair.alice.tun.send(Packets.packet(Pair.ALICE, Pair.BOB, number));
    }
    var more = new ArrayDeque<>(List.of(4, 5));
    pair.world.network.lose(datagram -> {
      if (Pair.isFrom(pair.alice, datagram) && !Pair.isHandshake(datagram) && !more.isEmpty()) {
        pair.alice.tun.send(Packets.packet(Pair.ALICE, Pair.BOB, more.remove()));
        pair.alice.send();
      }
      return false;
    });
    pair.run(1);
    assertThat(pair.bobReceived()).containsExactly(1, 2, 3, 4, 5);
    pair.ping(6);
    assertThat(pair.bobReceived()).containsExactly(6);
    assertThat(pair.alice.completed).as("no handshake for what had a session").hasSize(1);
  }

  @Test
  @Scenario("A session that its initiator has used is not lost to the next initiation")
  void sessionThatWasUsedSurvivesANewInitiation() {
    var held = new ArrayList<Datagram>();
    pair.world.network.lose(datagram ->
        Pair.isFrom(pair.alice, datagram) && !Pair.isHandshake(datagram) && held.add(datagram));
    pair.ping(1);
    pair.ping(2);
    pair.run(6);
    // So many others call first that this one's use of the session is looked at too late.
    for (int i = 0; i < ControlLoop.WORK_PER_CYCLE; i++) {
      var key = new byte[32];
      key[0] = (byte) (i + 2);
      var other = PublicKey.of(key);
      var prefix = IpPrefix.parse("10.8.0." + i + "/32");
      pair.bob.device.changePeer(
          PeerChange.of(other).allow(prefix).endpoint(pair.bob.endpoint()).build());
      pair.bob.tun.send(Packets.packet(Pair.BOB, "10.8.0." + i, i));
    }
    pair.world.network.inject(held.get(0));
    pair.alice.device.initiate(pair.bob.publicKey());
    pair.bob.send();
    pair.bob.receive();
    pair.bob.device.controlWork();
    assertThat(pair.bob.handshakes(HandshakeOutcome.RESPONSE_SENT)).isEqualTo(2);
    pair.world.network.lose(datagram -> false);
    pair.world.network.inject(held.get(1));
    pair.run(1);
    assertThat(pair.bobReceived()).containsExactly(1, 2);
    assertThat(pair.bob.completed).hasSize(2);
  }

  @Test
  void responderAnswersWithoutAHandshakeOfItsOwn() {
    pair.connected();
    pair.pong(1);
    assertThat(pair.aliceReceived()).containsExactly(1);
    assertThat(pair.bob.handshakes(HandshakeOutcome.INITIATION_SENT)).isZero();
  }

  @Test
  void bothEndsMeasureTheRoundTrip() {
    pair.world.network.setDelay(Duration.ofMillis(30), Duration.ofMillis(30));
    pair.ping(1);
    pair.run(1);
    var roundTrip = Duration.ofMillis(60);
    assertThat(pair.alice.peerSnapshot(pair.bob).handshakeRtt()).isEqualTo(roundTrip);
    assertThat(pair.bob.peerSnapshot(pair.alice).handshakeRtt()).isEqualTo(roundTrip);
  }

  @Test
  void lostInitiationIsRepeatedAfterFiveSecondsAndNotMeasured() {
    pair.world.network.lose(Pair::isHandshake);
    pair.ping(1);
    pair.run(4.9);
    assertThat(pair.sent()).hasSize(1);
    pair.world.network.lose(datagram -> false);
    pair.run(0.5);
    assertThat(pair.bobReceived()).containsExactly(1);
    assertThat(pair.alice.peerSnapshot(pair.bob).handshakeRtt()).isNull();
  }

  @Test
  void repeatedInitiationsAreJittered() {
    pair.world.network.lose(Pair::isHandshake);
    pair.ping(1);
    pair.run(60);
    var initiations = pair.alice.handshakes(HandshakeOutcome.INITIATION_SENT);
    assertThat(initiations).isBetween(11L, 12L);
    assertThat(pair.world.nanos()).isEqualTo(Duration.ofSeconds(60).toNanos());
  }

  /** The kernel gives up when 90 s are over and the try that was under way then has failed. */
  @Test
  @Scenario(
      "A handshake without an answer is tried as often as the kernel tries it, then"
          + " given up, and begun again by new data")
  void handshakeIsGivenUpAfterTheKernelsTwentyTriesAndBegunAgainByNewData() {
    pair.world.network.lose(datagram -> true);
    pair.ping(1);
    pair.run(90);
    assertThat(pair.alice.handshakes(HandshakeOutcome.GAVE_UP)).isZero();
    pair.run(20);
    assertThat(pair.alice.handshakes(HandshakeOutcome.GAVE_UP)).isEqualTo(1);
    assertThat(pair.alice.dropped(DropReason.HANDSHAKE_FAILED)).isEqualTo(1);
    assertThat(pair.sent()).hasSize(20).allMatch(Pair::isInitiation);
    pair.run(600);
    assertThat(pair.sent()).as("silence").isEmpty();

    pair.world.network.lose(datagram -> false);
    pair.ping(2);
    pair.run(1);
    assertThat(pair.bobReceived()).containsExactly(2);
  }

  /** Alice's initiation is lost; before she repeats it, Bob's own leads to a session. */
  @Test
  @Scenario("Two ends that begin at once end with one session and no handshake afterwards")
  void initiationIsNotRepeatedOnceThePeersOwnHasLed() {
    pair.world.network.lose(datagram -> true);
    pair.ping(1);
    pair.world.network.lose(datagram -> false);
    pair.bob.device.changePeer(
        PeerChange.of(pair.alice.publicKey()).endpoint(pair.alice.endpoint()).build());
    pair.run(1);
    pair.pong(2);
    assertThat(pair.bobReceived()).containsExactly(1);
    assertThat(pair.aliceReceived()).containsExactly(2);
    pair.sent();
    pair.run(30);
    assertThat(pair.sent()).noneMatch(Pair::isHandshake);
    assertThat(pair.alice.device.holdings().pendingHandshakes()).isZero();
  }

  /** Bob has answered, so a session may be there in a moment: he does not begin one as well. */
  @Test
  @Scenario("An initiation that was answered puts off one's own for five seconds, as in the kernel")
  void answeredInitiationPutsOffOnesOwn() {
    pair.world.network.lose(datagram -> datagram.type() == MessageType.RESPONSE);
    pair.ping(1);
    pair.run(1);
    pair.pong(2);
    pair.run(3.9);
    assertThat(pair.bob.handshakes(HandshakeOutcome.RESPONSE_SENT)).isEqualTo(1);
    assertThat(pair.bob.handshakes(HandshakeOutcome.INITIATION_SENT)).isZero();

    pair.world.network.lose(datagram -> false);
    pair.run(0.1);
    assertThat(pair.bob.handshakes(HandshakeOutcome.INITIATION_SENT)).isEqualTo(1);
    assertThat(pair.aliceReceived()).containsExactly(2);
    assertThat(pair.bobReceived()).containsExactly(1);
  }

  /** Alice's initiation is lost; before she repeats it she answers Bob's, and that is lost too. */
  @Test
  void answeredInitiationPutsOffARepetition() {
    pair.world.network.lose(Pair::isHandshake);
    pair.ping(1);
    pair.run(3);
    pair.world.network.lose(datagram -> datagram.type() == MessageType.RESPONSE);
    pair.bob.device.changePeer(
        PeerChange.of(pair.alice.publicKey()).endpoint(pair.alice.endpoint()).build());
    pair.pong(2);
    pair.run(4.9);
    assertThat(pair.alice.handshakes(HandshakeOutcome.RESPONSE_SENT)).isEqualTo(1);
    assertThat(pair.alice.handshakes(HandshakeOutcome.INITIATION_SENT)).isEqualTo(1);
    pair.world.network.lose(datagram -> false);
    pair.run(0.2);
    assertThat(pair.alice.handshakes(HandshakeOutcome.INITIATION_SENT)).isEqualTo(2);
    assertThat(pair.bobReceived()).containsExactly(1);
    assertThat(pair.aliceReceived()).containsExactly(2);
  }

  @Test
  void newDataKeepsAHandshakeFromBeingGivenUp() {
    pair.world.network.lose(datagram -> true);
    for (int i = 0; i < 30; i++) {
      pair.ping(i);
      pair.run(10);
    }
    assertThat(pair.alice.handshakes(HandshakeOutcome.GAVE_UP)).isZero();
  }

  /** Nobody waits for the jitter who has something to say. */
  @Test
  @Scenario(
      "New data begins a handshake anew five seconds after the last initiation, as in the kernel")
  void newDataBeginsAgainAsSoonAsItMay() {
    pair.world.network.lose(datagram -> true);
    pair.ping(1);
    pair.run(4.999);
    pair.ping(2);
    pair.run(0.0005);
    assertThat(pair.sent()).hasSize(1);
    pair.run(0.0005);
    pair.ping(3);
    assertThat(pair.sent()).singleElement().matches(Pair::isInitiation);
    pair.run(4.999);
    assertThat(pair.sent()).as("the repetition is put off with it").isEmpty();
    pair.run(0.4);
    assertThat(pair.sent()).singleElement().matches(Pair::isInitiation);
  }

  @Test
  void differentPresharedKeysNeverConnect() {
    pair.alice.device.changePeer(
        PeerChange.of(pair.bob.publicKey()).presharedKey(presharedKey(1)).build());
    pair.ping(1);
    pair.run(20);
    assertThat(pair.bobReceived()).isEmpty();
    assertThat(pair.alice.completed).isEmpty();
    assertThat(pair.alice.handshakes(HandshakeOutcome.RESPONSE_INVALID)).isPositive();
  }

  @Test
  void equalPresharedKeysConnect() {
    pair.alice.device.changePeer(
        PeerChange.of(pair.bob.publicKey()).presharedKey(presharedKey(1)).build());
    pair.bob.device.changePeer(
        PeerChange.of(pair.alice.publicKey()).presharedKey(presharedKey(1)).build());
    pair.ping(1);
    assertThat(pair.bobReceived()).containsExactly(1);
  }

  @Test
  void presharedKeySetWhileAHandshakeWaitsIsUsedForItsResponse() {
    pair.bob.device.changePeer(
        PeerChange.of(pair.alice.publicKey()).presharedKey(presharedKey(1)).build());
    pair.world.network.setDelay(Duration.ofMillis(10), Duration.ofMillis(10));
    pair.ping(1);
    pair.alice.device.changePeer(
        PeerChange.of(pair.bob.publicKey()).presharedKey(presharedKey(1)).build());
    pair.run(1);
    assertThat(pair.bobReceived()).containsExactly(1);
  }

  @Test
  @Scenario("A replayed initiation is refused")
  void replayedInitiationIsRefused() {
    pair.ping(1);
    var initiation = pair.sent().stream().filter(Pair::isInitiation).findFirst().orElseThrow();
    pair.run(60);
    pair.sent();
    pair.world.network.inject(initiation);
    pair.run(1);
    assertThat(pair.bob.handshakes(HandshakeOutcome.REPLAYED)).isEqualTo(1);
    assertThat(pair.sent()).isEmpty();
  }

  @Test
  void olderInitiationThanTheLastOneIsRefused() {
    pair.world.network.lose(datagram -> true);
    pair.ping(1);
    var first = pair.sent().getFirst();
    pair.world.network.lose(datagram -> false);
    pair.run(6);
    assertThat(pair.bobReceived()).containsExactly(1);
    pair.world.network.inject(first);
    pair.run(1);
    assertThat(pair.bob.handshakes(HandshakeOutcome.REPLAYED)).isEqualTo(1);
  }

  @Test
  void wallClockSetBackDoesNotStopHandshakes() {
    pair.connected();
    pair.world.moveWallClock(Duration.ofDays(-3));
    pair.run(200);
    pair.ping(2);
    pair.run(1);
    assertThat(pair.bobReceived()).containsExactly(2);
  }

  @Test
  @Scenario("Whoever does not know our public key hears nothing")
  void whoeverDoesNotKnowOurKeyHearsNothing() {
    pair.ping(1);
    var initiation = pair.sent().stream().filter(Pair::isInitiation).findFirst().orElseThrow();
    byte[] forged = initiation.payload().clone();
    forged[120] ^= 1;
    pair.world.network.inject(new Datagram(initiation.from(), initiation.to(), forged));
    pair.run(1);
    assertThat(pair.bob.handshakes(HandshakeOutcome.NO_MAC1)).isEqualTo(1);
    assertThat(pair.sent()).allMatch(datagram -> datagram.type() == MessageType.DATA);
  }

  @Test
  void whoeverIsNoPeerHearsNothing() {
    var stranger = pair.world.host("mallory", "192.0.2.3");
    stranger.device.changePeer(
        stranger.peer(pair.bob, "10.0.0.2/32").endpoint(pair.bob.endpoint()).build());
    stranger.tun.send(Packets.packet("10.0.0.9", Pair.BOB, 1));
    pair.run(20);
    assertThat(pair.sent()).allMatch(datagram -> Pair.isFrom(stranger, datagram));
    assertThat(pair.bob.handshakes(HandshakeOutcome.UNKNOWN_PEER)).isPositive();
  }

  @Test
  @Scenario("What is no WireGuard message hears nothing")
  void datagramsOfWrongLengthOrTypeHearNothing() {
    var from = new Datagram.Address(IpAddress.parse("192.0.2.9"), 1);
    var to = new Datagram.Address(pair.bob.address, Host.PORT);
    for (int type = 0; type <= 5; type++) {
      for (int length = 0; length <= 200; length++) {
        var payload = new byte[length];
        if (length > 0) {
          payload[0] = (byte) type;
        }
        pair.world.network.inject(new Datagram(from, to, payload));
      }
    }
    pair.run(1);
    assertThat(pair.sent()).isEmpty();
    assertThat(pair.bob.dropped(DropReason.MALFORMED)).isPositive();
  }

  @Test
  @Scenario("A peer with a public key of low order is never sent anything")
  void peerWithAKeyOfLowOrderIsNeverSentAnything() {
    var lowOrder = PublicKey.of(new byte[32]);
    pair.alice.device.changePeer(
        PeerChange.of(lowOrder)
            .endpoint(UdpEndpoint.of(IpAddress.parse("192.0.2.7"), 1))
            .persistentKeepalive(1)
            .allow(IpPrefix.parse("10.9.0.0/16"))
            .build());
    pair.alice.tun.send(Packets.packet(Pair.ALICE, "10.9.0.1", 1));
    pair.run(120);
    assertThat(pair.sent()).isEmpty();
  }

  @Test
  void initiationsThatCrossEachOtherBothLead() {
    pair.bob.device.changePeer(
        PeerChange.of(pair.alice.publicKey()).endpoint(pair.alice.endpoint()).build());
    pair.world.network.setDelay(Duration.ofMillis(20), Duration.ofMillis(20));
    pair.alice.tun.send(Packets.packet(Pair.ALICE, Pair.BOB, 1));
    pair.bob.tun.send(Packets.packet(Pair.BOB, Pair.ALICE, 2));
    pair.run(1);
    assertThat(pair.bobReceived()).containsExactly(1);
    assertThat(pair.aliceReceived()).containsExactly(2);
    pair.ping(3);
    pair.pong(4);
    pair.run(1);
    assertThat(pair.bobReceived()).containsExactly(3);
    assertThat(pair.aliceReceived()).containsExactly(4);
  }

  @Test
  void packetThatWaitedForTheSessionNeedsNoSecondHandshake() {
    pair.bob.device.changePeer(
        PeerChange.of(pair.alice.publicKey()).endpoint(pair.alice.endpoint()).build());
    pair.world.network.lose(datagram -> {
      if (datagram.type() == MessageType.DATA && Pair.isFrom(pair.alice, datagram)) {
        pair.bob.tun.send(Packets.packet(Pair.BOB, Pair.ALICE, 2));
      }
      return false;
    });
    pair.ping(1);
    pair.run(30);
    assertThat(pair.aliceReceived()).contains(2);
    assertThat(pair.bob.handshakes(HandshakeOutcome.INITIATION_SENT)).isZero();
    assertThat(pair.alice.handshakes(HandshakeOutcome.INITIATION_SENT)).isEqualTo(1);
  }

  @Test
  @Scenario("Initiations of one peer are answered 20 ms apart at the most often")
  void initiationsOfOnePeerAreSpaced() {
    var limits = new ProtocolLimitsBuilder().rekeyTimeout(Duration.ofMillis(1)).build();
    var impatient = new Pair(new World(), limits);
    impatient.world.network.lose(datagram -> datagram.type() == MessageType.RESPONSE);
    impatient.ping(1);
    impatient.run(0.015);
    assertThat(impatient.bob.handshakes(HandshakeOutcome.RESPONSE_SENT)).isEqualTo(1);
    assertThat(
            impatient.bob.handshakes(HandshakeOutcome.TOO_SOON)
                + impatient.bob.handshakes(HandshakeOutcome.REPLAYED))
        .isPositive();
  }

  @Test
  @Scenario("Under load a cookie is asked for, and with it the handshake succeeds")
  void underLoadACookieIsAskedForAndThenTheHandshakeSucceeds() {
    pair.ping(1);
    var initiation = pair.sent().stream().filter(Pair::isInitiation).findFirst().orElseThrow();
    pair.run(300);
    var flooder = new Datagram.Address(IpAddress.parse("198.51.100.1"), 7);
    for (int i = 0; i < 600; i++) {
      pair.world.network.inject(new Datagram(flooder, initiation.to(), initiation.payload()));
    }
    pair.sent();
    pair.bob.tun.received();
    pair.ping(2);
    assertThat(pair.sent())
        .filteredOn(d -> d.type() == MessageType.COOKIE_REPLY)
        .isNotEmpty()
        .allMatch(d -> d.trafficClass() == 0, "is not marked, as the kernel does not");
    pair.run(4.9);
    for (int i = 0; i < 600; i++) {
      pair.world.network.inject(new Datagram(flooder, initiation.to(), initiation.payload()));
    }
    pair.run(0.6);
    assertThat(pair.alice.handshakes(HandshakeOutcome.COOKIE_RECEIVED)).isPositive();
    assertThat(pair.bobReceived()).containsExactly(2);
  }

  private static PresharedKey presharedKey(int fill) {
    var bytes = new byte[32];
    Arrays.fill(bytes, (byte) fill);
    return PresharedKey.of(bytes);
  }
}
