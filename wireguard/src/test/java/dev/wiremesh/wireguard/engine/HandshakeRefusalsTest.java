package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.device.DropReason;
import dev.wiremesh.wireguard.device.HandshakeOutcome;
import dev.wiremesh.wireguard.device.PeerUpdate;
import dev.wiremesh.wireguard.handshake.MessageType;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.io.memory.Datagram;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Handshake messages that are refused: wrong, old, too early, or not from a peer. */
class HandshakeRefusalsTest {
  private final Pair pair = new Pair();

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
  @Scenario("Two initiations of one peer within 20 ms get one response")
  void initiationsOfOnePeerAreSpaced() {
    var limits =
        ProtocolLimits.builder().jitter(Duration.ZERO).rekeyTimeout(Duration.ofMillis(1)).build();
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
  @Scenario("A sender that does not know our public key is not answered")
  void senderWithoutOurPublicKeyIsNotAnswered() {
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
  void senderThatIsNoPeerIsNotAnswered() {
    var stranger = pair.world.host("mallory", "192.0.2.3");
    stranger.device.changePeer(
        stranger.peer(pair.bob, "10.0.0.2/32").endpoint(pair.bob.endpoint()).build());
    stranger.tun.send(Packets.packet("10.0.0.9", Pair.BOB, 1));
    pair.run(20);
    assertThat(pair.sent()).allMatch(datagram -> Pair.isFrom(stranger, datagram));
    assertThat(pair.bob.handshakes(HandshakeOutcome.UNKNOWN_PEER)).isPositive();
  }

  @Test
  @Scenario("A datagram that is no WireGuard message is not answered")
  void datagramOfWrongLengthOrTypeIsNotAnswered() {
    var from = new Datagram.Address(IpAddress.parse("192.0.2.9"), 1);
    var to = new Datagram.Address(pair.bob.address, MemoryHost.PORT);
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
        PeerUpdate.of(lowOrder)
            .endpoint(UdpEndpoint.of(IpAddress.parse("192.0.2.7"), 1))
            .persistentKeepalive(1)
            .allow(IpPrefix.parse("10.9.0.0/16"))
            .build());
    pair.alice.tun.send(Packets.packet(Pair.ALICE, "10.9.0.1", 1));
    pair.run(120);
    assertThat(pair.sent()).isEmpty();
  }
}
