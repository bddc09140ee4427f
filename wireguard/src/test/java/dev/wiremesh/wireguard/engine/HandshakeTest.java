package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.control.ControlDutyCycle;
import dev.wiremesh.wireguard.device.DeviceEvent.HandshakeCompleted;
import dev.wiremesh.wireguard.device.HandshakeOutcome;
import dev.wiremesh.wireguard.device.PeerUpdate;
import dev.wiremesh.wireguard.handshake.MessageType;
import dev.wiremesh.wireguard.io.memory.Datagram;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Handshakes between two devices, and the first packets of a session. */
class HandshakeTest {
  private final Pair pair = new Pair();

  @Test
  void firstPacketBringsTheSessionUpAndArrivesUnchanged() {
    byte[] packet = Packets.packet(Pair.ALICE, Pair.BOB, 7, 33);
    pair.alice.tun.send(packet);
    pair.run(1);

    assertThat(pair.bob.tun.received()).containsExactly(packet);
    assertThat(pair.alice.completed)
        .extracting(HandshakeCompleted::peer, HandshakeCompleted::initiator)
        .containsExactly(tuple(pair.bob.publicKey(), true));
    assertThat(pair.bob.completed)
        .extracting(HandshakeCompleted::peer, HandshakeCompleted::initiator)
        .containsExactly(tuple(pair.alice.publicKey(), false));
    assertThat(pair.alice.peerSnapshot(pair.bob).connection().lastHandshake())
        .isEqualTo(World.BEGINNING);
  }

  @Test
  @Scenario(
      "Packets that arrive while staged packets are sent under a new session do not overtake"
          + " them")
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
  @Scenario("A session that its initiator has used survives the next initiation")
  void sessionThatWasUsedSurvivesANewInitiation() {
    var held = new ArrayList<Datagram>();
    pair.world.network.lose(datagram ->
        Pair.isFrom(pair.alice, datagram) && !Pair.isHandshake(datagram) && held.add(datagram));
    pair.ping(1);
    pair.ping(2);
    pair.run(6);
    // The control thread handles many other peers first, so it handles this peer's use of the
    // session too late.
    for (int i = 0; i < ControlDutyCycle.WORK_PER_CYCLE; i++) {
      var key = new byte[32];
      key[0] = (byte) (i + 2);
      var other = PublicKey.of(key);
      var prefix = IpPrefix.parse("10.8.0." + i + "/32");
      pair.bob.device.changePeer(
          PeerUpdate.of(other).allow(prefix).endpoint(pair.bob.endpoint()).build());
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
    assertThat(pair.alice.peerSnapshot(pair.bob).roundTrip().handshake()).isEqualTo(roundTrip);
    assertThat(pair.bob.peerSnapshot(pair.alice).roundTrip().handshake()).isEqualTo(roundTrip);
  }

  @Test
  void differentPresharedKeysNeverConnect() {
    pair.alice.device.changePeer(
        PeerUpdate.of(pair.bob.publicKey()).presharedKey(presharedKey(1)).build());
    pair.ping(1);
    pair.run(20);
    assertThat(pair.bobReceived()).isEmpty();
    assertThat(pair.alice.completed).isEmpty();
    assertThat(pair.alice.handshakes(HandshakeOutcome.RESPONSE_INVALID)).isPositive();
  }

  @Test
  void equalPresharedKeysConnect() {
    pair.alice.device.changePeer(
        PeerUpdate.of(pair.bob.publicKey()).presharedKey(presharedKey(1)).build());
    pair.bob.device.changePeer(
        PeerUpdate.of(pair.alice.publicKey()).presharedKey(presharedKey(1)).build());
    pair.ping(1);
    assertThat(pair.bobReceived()).containsExactly(1);
  }

  @Test
  void presharedKeySetWhileAHandshakeWaitsIsUsedForItsResponse() {
    pair.bob.device.changePeer(
        PeerUpdate.of(pair.alice.publicKey()).presharedKey(presharedKey(1)).build());
    pair.world.network.setDelay(Duration.ofMillis(10), Duration.ofMillis(10));
    pair.ping(1);
    pair.alice.device.changePeer(
        PeerUpdate.of(pair.bob.publicKey()).presharedKey(presharedKey(1)).build());
    pair.run(1);
    assertThat(pair.bobReceived()).containsExactly(1);
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
  void initiationsThatCrossEachOtherBothLead() {
    pair.bob.device.changePeer(
        PeerUpdate.of(pair.alice.publicKey()).endpoint(pair.alice.endpoint()).build());
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
        PeerUpdate.of(pair.alice.publicKey()).endpoint(pair.alice.endpoint()).build());
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
  @Scenario("Under load a cookie is required, and with it the handshake succeeds")
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
