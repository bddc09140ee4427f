package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.device.EndpointSource;
import dev.wiremesh.wireguard.device.PeerConfig;
import dev.wiremesh.wireguard.device.PeerUpdate;
import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.io.memory.Datagram;
import java.util.ArrayList;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RoamingTest {
  private final Pair pair = new Pair();
  private final UdpEndpoint elsewhere = UdpEndpoint.of(IpAddress.parse("203.0.113.5"), 5000);

  @Test
  @Scenario("Answers follow a peer that moves, without a handshake")
  void answersFollowAPeerThatMoves() {
    pair.connected();
    pair.alice.listenOn(40404);
    pair.ping(1);
    pair.pong(2);
    assertThat(pair.aliceReceived()).containsExactly(2);
    assertThat(pair.bob.peerSnapshot(pair.alice).connection().endpoint())
        .isNotNull()
        .extracting(Endpoint::port)
        .isEqualTo(40404);
    assertThat(pair.bob.device.counters().endpointChanges().get(EndpointSource.DATA)).isEqualTo(1);
    assertThat(pair.bob.completed).as("no new handshake").hasSize(1);
  }

  @Test
  @Scenario("The source of a handshake response becomes the peer's endpoint")
  void responseFromElsewhereMovesThePeer() {
    var held = new ArrayList<Datagram>();
    pair.world.network.lose(datagram -> Pair.isFrom(pair.bob, datagram) && held.add(datagram));
    pair.ping(1);
    var response = held.getFirst();
    var from = new Datagram.Address(elsewhere.address(), elsewhere.port());
    pair.sent();
    pair.world.network.inject(new Datagram(from, response.to(), response.payload()));
    pair.world.settle();
    assertThat(pair.alice.completed).hasSize(1);
    assertThat(pair.alice.peerSnapshot(pair.bob).connection().endpoint())
        .isNotNull()
        .matches(endpoint -> endpoint.sameDestination(elsewhere));
    assertThat(pair.sent()).extracting(Datagram::to).containsOnly(from);
  }

  @Test
  void answersLeaveFromTheAddressThatWasAddressed() {
    pair.connected();
    var endpoint = pair.bob.peerSnapshot(pair.alice).connection().endpoint();
    assertThat(endpoint)
        .asInstanceOf(type(UdpEndpoint.class))
        .extracting(UdpEndpoint::source)
        .isEqualTo(pair.bob.address);
  }

  @Test
  @Scenario("A retransmitted initiation leaves from the source address that the routes choose")
  void retransmissionForgetsTheAddressThatItLeftFrom() {
    pair.connected();
    pair.pong(1);
    pair.world.network.lose(datagram -> true);
    pair.pong(2);
    pair.run(16);
    var endpoint = pair.bob.peerSnapshot(pair.alice).connection().endpoint();
    assertThat(endpoint)
        .asInstanceOf(type(UdpEndpoint.class))
        .extracting(UdpEndpoint::source)
        .isNull();
  }

  @Test
  void replayedPacketFromElsewhereMovesNothing() {
    pair.connected();
    pair.ping(1);
    var packet = pair.sent().getFirst();
    var from = new Datagram.Address(elsewhere.address(), elsewhere.port());
    pair.world.network.inject(new Datagram(from, packet.to(), packet.payload()));
    pair.run(1);
    assertThat(pair.bob.peerSnapshot(pair.alice).connection().endpoint())
        .isNotNull()
        .matches(endpoint -> endpoint.sameDestination(pair.alice.endpoint()));
  }

  @Test
  void hintDoesNotMoveAPeerWithAFreshHandshake() {
    pair.connected();
    pair.alice.device.setPeer(settings(elsewhere));
    pair.ping(1);
    assertThat(pair.bobReceived()).containsExactly(1);
  }

  @Test
  void newHintMovesAPeerThatIsLongSilent() {
    pair.connected();
    pair.run(181);
    pair.alice.device.setPeer(settings(elsewhere));
    assertThat(pair.alice.peerSnapshot(pair.bob).connection().endpoint()).isEqualTo(elsewhere);
  }

  @Test
  @Scenario("Both ends of a tunnel get new addresses within three minutes")
  void hintWhileFreshIsTriedWhenTheOldEndpointFallsSilent() {
    pair.connected();
    pair.pong(1);
    var bobMoved = UdpEndpoint.of(pair.bob.address, 40406);
    var aliceMoved = UdpEndpoint.of(pair.alice.address, 40407);
    pair.alice.device.setPeer(settings(bobMoved));
    pair.bob.device.setPeer(
        PeerConfig.of(pair.alice.publicKey())
            .endpointHint(aliceMoved)
            .allowedIps(Set.of(IpPrefix.parse("10.0.0.1/32")))
            .build());
    pair.alice.listenOn(40407);
    pair.bob.listenOn(40406);

    pair.ping(2);
    pair.run(30);
    pair.ping(3);
    pair.pong(4);
    pair.run(1);

    assertThat(pair.bobReceived()).contains(3);
    assertThat(pair.aliceReceived()).contains(4);
    assertThat(pair.alice.peerSnapshot(pair.bob).connection().endpoint())
        .isNotNull()
        .matches(endpoint -> endpoint.sameDestination(bobMoved));
  }

  @Test
  void unansweredInitiationsAlternateBetweenEndpointAndHint() {
    pair.connected();
    pair.alice.device.setPeer(settings(elsewhere));
    pair.world.network.lose(datagram -> true);
    pair.sent();

    pair.ping(1);
    pair.run(45);

    assertThat(pair.sent())
        .filteredOn(Pair::isInitiation)
        .filteredOn(datagram -> Pair.isFrom(pair.alice, datagram))
        .extracting(datagram -> datagram.to().port())
        .startsWith(MemoryHost.PORT, elsewhere.port(), MemoryHost.PORT, elsewhere.port());
    assertThat(pair.alice.peerSnapshot(pair.bob).connection().endpoint())
        .as("nothing authenticated came from elsewhere")
        .isNotNull()
        .matches(endpoint -> endpoint.sameDestination(pair.bob.endpoint()));
  }

  @Test
  void hintThatIsWithdrawnIsNotTried() {
    pair.connected();
    pair.alice.device.setPeer(settings(elsewhere));
    pair.alice.device.setPeer(
        PeerConfig.of(pair.bob.publicKey())
            .allowedIps(Set.of(IpPrefix.parse("10.0.0.2/32")))
            .build());
    pair.world.network.lose(datagram -> true);
    pair.sent();

    pair.ping(1);
    pair.run(45);

    assertThat(pair.sent())
        .filteredOn(Pair::isInitiation)
        .extracting(datagram -> datagram.to().port())
        .hasSizeGreaterThan(2)
        .containsOnly(MemoryHost.PORT);
  }

  @Test
  void sameHintAgainForgetsNothingThatWasLearned() {
    var hinted = pair.world.host("carol", "192.0.2.3");
    pair.bob.device.changePeer(pair.bob.peer(hinted, "10.0.0.3/32").build());
    hinted.device.setPeer(settings(pair.bob.endpoint()));
    hinted.tun.send(Packets.packet("10.0.0.3", Pair.BOB, 1));
    pair.run(1);
    pair.bob.listenOn(40405);
    pair.bob.tun.send(Packets.packet(Pair.BOB, "10.0.0.3", 2));
    pair.run(400);
    hinted.device.setPeer(settings(UdpEndpoint.of(pair.bob.address, MemoryHost.PORT)));
    assertThat(hinted.peerSnapshot(pair.bob).connection().endpoint())
        .isNotNull()
        .extracting(Endpoint::port)
        .isEqualTo(40405);
  }

  @Test
  void wgSetMovesAPeerAtOnce() {
    pair.connected();
    pair.alice.device.changePeer(PeerUpdate.of(pair.bob.publicKey()).endpoint(elsewhere).build());
    assertThat(pair.alice.peerSnapshot(pair.bob).connection().endpoint()).isEqualTo(elsewhere);
  }

  private PeerConfig settings(UdpEndpoint hint) {
    return PeerConfig.of(pair.bob.publicKey())
        .endpointHint(hint)
        .allowedIps(Set.of(IpPrefix.parse("10.0.0.2/32")))
        .build();
  }
}
