package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.device.HandshakeOutcome;
import dev.wiremesh.wireguard.device.PeerConfig;
import dev.wiremesh.wireguard.device.PeerUpdate;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.io.memory.Datagram;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KeepaliveTest {
  private final Pair pair = new Pair();

  @Test
  @Scenario(
      "Received data without a reply is confirmed by a keepalive after ten seconds; a keepalive"
          + " is not confirmed")
  void dataWithoutAnAnswerIsConfirmedByAKeepaliveAfterTenSeconds() {
    pair.connected();
    pair.run(60);
    pair.sent();
    pair.ping(1);
    pair.run(9.9);
    assertThat(pair.sent()).noneMatch(datagram -> Pair.isFrom(pair.bob, datagram));
    pair.run(0.2);
    assertThat(pair.sent())
        .singleElement()
        .matches(Pair::isKeepalive)
        .matches(datagram -> Pair.isFrom(pair.bob, datagram));
    pair.run(60);
    assertThat(pair.sent()).as("keepalives are not confirmed").isEmpty();
  }

  @Test
  @Scenario("A reply that is received before its request is counted as sent counts as a reply")
  void answerThatOvertakesTheEndOfSendingIsOne() {
    answerBeforeTheEndOfSending();
    pair.run(30);
    assertThat(pair.sent()).noneMatch(Pair::isInitiation);
  }

  /** The kernel, too, notes a packet before it sends it. */
  @Test
  @Scenario(
      "A reply that is received before its request is counted as sent is confirmed by a"
          + " keepalive")
  void answerThatOvertakesTheEndOfSendingIsConfirmed() {
    answerBeforeTheEndOfSending();
    pair.run(11);
    assertThat(pair.sent())
        .filteredOn(datagram -> Pair.isFrom(pair.alice, datagram))
        .singleElement()
        .matches(Pair::isKeepalive);
  }

  private void answerBeforeTheEndOfSending() {
    pair.connected();
    pair.run(60);
    pair.alice.tun.send(Packets.packet(Pair.ALICE, Pair.BOB, 1));
    var answered = new AtomicBoolean();
    pair.world.network.lose(datagram -> {
      if (Pair.isFrom(pair.bob, datagram)) {
        return answered.get();
      }
      if (!answered.get()) {
        pair.bob.tun.send(Packets.packet(Pair.BOB, Pair.ALICE, 2));
        pair.bob.step();
        pair.alice.receive();
        answered.set(true);
      }
      return false;
    });
    pair.world.settle();
    assertThat(pair.aliceReceived()).containsExactly(2);
    pair.sent();
  }

  @Test
  void dataWithAnAnswerNeedsNoKeepalive() {
    pair.connected();
    pair.run(60);
    pair.sent();
    pair.ping(1);
    pair.run(5);
    pair.pong(1);
    pair.run(5);
    pair.ping(2);
    pair.run(5);
    assertThat(pair.sent()).noneMatch(Pair::isKeepalive);
  }

  /** The kernel arms its timer again, and what it sends then stops it. */
  @Test
  void moreDataWhileAKeepaliveIsDueBringsNoSecondOne() {
    pair.connected();
    pair.run(60);
    pair.sent();
    pair.ping(1);
    pair.run(2);
    pair.ping(2);
    pair.run(30);
    assertThat(pair.sent()).filteredOn(Pair::isKeepalive).hasSize(1);
  }

  @Test
  void keepaliveThatIsDueEndsWithAHandshakeThatIsGivenUp() {
    var limits = ProtocolLimits.builder().jitter(Duration.ZERO).maxInitiations(2).build();
    var hasty = new Pair(new World(), limits);
    hasty.connected();
    hasty.run(30);
    hasty.world.network.lose(Pair::isHandshake);
    hasty.alice.device.initiate(hasty.bob.publicKey());
    hasty.run(8);
    hasty.pong(1);
    assertThat(hasty.aliceReceived()).as("the session is still there").containsExactly(1);
    hasty.run(5);
    assertThat(hasty.alice.handshakes(HandshakeOutcome.GAVE_UP)).isEqualTo(1);
    hasty.sent();
    hasty.run(12);
    assertThat(hasty.sent()).filteredOn(sent -> Pair.isFrom(hasty.alice, sent)).isEmpty();
  }

  @Test
  @Scenario("Data without a reply leads to a new handshake after 15 s")
  void dataThatNothingComesBackForLeadsToANewHandshake() {
    pair.connected();
    pair.run(60);
    pair.sent();
    pair.world.network.lose(datagram -> Pair.isFrom(pair.bob, datagram));
    pair.ping(1);
    pair.run(14.9);
    assertThat(pair.sent()).noneMatch(Pair::isInitiation);
    pair.run(0.5);
    assertThat(pair.sent()).anyMatch(Pair::isInitiation);
  }

  @Test
  void dataThatIsAnsweredLeadsToNoHandshake() {
    pair.connected();
    for (int i = 0; i < 100; i++) {
      pair.ping(i);
      pair.run(0.5);
      pair.pong(i);
      pair.run(0.5);
    }
    assertThat(pair.sent()).noneMatch(Pair::isHandshake).noneMatch(Pair::isKeepalive);
  }

  @Test
  @Scenario("A persistent keepalive connects at once and then comes at its interval")
  void persistentKeepaliveConnectsAtOnceAndThenComesAtItsInterval() {
    pair.alice.device.changePeer(
        PeerUpdate.of(pair.bob.publicKey()).persistentKeepalive(25).build());
    pair.run(1);
    assertThat(pair.bob.completed).hasSize(1);
    pair.sent();
    pair.run(99.5);
    assertThat(pair.sent())
        .hasSize(4)
        .allMatch(Pair::isKeepalive)
        .allMatch(datagram -> Pair.isFrom(pair.alice, datagram));
  }

  @Test
  @Scenario("A persistent keepalive that waited for an endpoint connects as soon as there is one")
  void persistentKeepaliveThatWaitedForAnEndpointConnectsAtOnce() {
    pair.bob.device.changePeer(
        PeerUpdate.of(pair.alice.publicKey()).persistentKeepalive(25).build());
    pair.run(10);
    assertThat(pair.sent()).as("there is nowhere to send it").isEmpty();
    pair.bob.device.changePeer(
        PeerUpdate.of(pair.alice.publicKey()).endpoint(pair.alice.endpoint()).build());
    pair.run(1);
    assertThat(pair.alice.completed).hasSize(1);
    pair.sent();
    pair.run(99.5);
    assertThat(pair.sent())
        .hasSize(4)
        .allMatch(Pair::isKeepalive)
        .allMatch(datagram -> Pair.isFrom(pair.bob, datagram));
  }

  @Test
  void persistentKeepaliveConnectsWhenAHintComesLater() {
    pair.bob.device.setPeer(keptAlive(pair.alice, null));
    pair.run(10);
    assertThat(pair.sent()).as("there is nowhere to send it").isEmpty();
    pair.bob.device.setPeer(keptAlive(pair.alice, pair.alice.endpoint()));
    pair.run(1);
    assertThat(pair.alice.completed).hasSize(1);
    pair.sent();
    pair.bob.device.setPeer(keptAlive(pair.alice, pair.alice.endpoint()));
    pair.run(20);
    assertThat(pair.sent()).as("the same again changes nothing").isEmpty();
  }

  private static PeerConfig keptAlive(MemoryHost peer, @Nullable UdpEndpoint hint) {
    return PeerConfig.of(peer.publicKey())
        .endpointHint(hint)
        .persistentKeepalive(25)
        .allowedIps(Set.of(IpPrefix.parse(Pair.ALICE + "/32")))
        .build();
  }

  @Test
  void keepaliveThatFindsAnOldSessionRenewsItInTheSameInstant() {
    pair.alice.device.changePeer(
        PeerUpdate.of(pair.bob.publicKey()).persistentKeepalive(25).build());
    while (pair.sent().stream().noneMatch(Pair::isInitiation)) {
      pair.run(0.001);
    }
    pair.run(124.9);
    assertThat(pair.sent()).noneMatch(Pair::isInitiation);
    List<Datagram> sent = List.of();
    while (sent.isEmpty()) {
      pair.run(0.001);
      sent = pair.sent();
    }
    assertThat(sent.getFirst()).matches(Pair::isKeepalive);
    assertThat(sent).filteredOn(Pair::isInitiation).as("%s", sent).hasSize(1);
    pair.run(20);
    assertThat(pair.sent()).noneMatch(Pair::isInitiation);
    assertThat(pair.bob.completed).hasSize(2);
  }

  @Test
  void trafficPutsThePersistentKeepaliveOff() {
    pair.alice.device.changePeer(
        PeerUpdate.of(pair.bob.publicKey()).persistentKeepalive(25).build());
    pair.run(1);
    pair.sent();
    for (int i = 0; i < 5; i++) {
      pair.run(20);
      pair.ping(i);
    }
    assertThat(pair.sent())
        .filteredOn(datagram -> Pair.isFrom(pair.alice, datagram))
        .noneMatch(Pair::isKeepalive);
  }

  @Test
  void persistentKeepaliveComesBackWhenThePeerDoes() {
    pair.alice.device.changePeer(
        PeerUpdate.of(pair.bob.publicKey()).persistentKeepalive(25).build());
    pair.run(1);
    pair.world.network.lose(datagram -> true);
    pair.run(3600);
    pair.world.network.lose(datagram -> false);
    pair.sent();
    pair.run(40);
    assertThat(pair.bob.completed).hasSizeGreaterThanOrEqualTo(2);
  }

  @Test
  void switchingThePersistentKeepaliveOffBringsSilence() {
    pair.alice.device.changePeer(
        PeerUpdate.of(pair.bob.publicKey()).persistentKeepalive(5).build());
    pair.run(20);
    pair.alice.device.changePeer(
        PeerUpdate.of(pair.bob.publicKey()).persistentKeepalive(0).build());
    pair.run(20);
    pair.sent();
    pair.run(3600);
    assertThat(pair.sent()).isEmpty();
  }

  @Test
  void withoutTrafficThereIsSilence() {
    pair.connected();
    pair.run(20);
    pair.sent();
    pair.run(3600);
    assertThat(pair.sent()).isEmpty();
  }
}
