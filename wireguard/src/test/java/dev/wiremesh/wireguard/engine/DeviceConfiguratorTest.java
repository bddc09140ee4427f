package dev.wiremesh.wireguard.engine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.device.DeviceConfig;
import dev.wiremesh.wireguard.device.DropReason;
import dev.wiremesh.wireguard.device.HandshakeOutcome;
import dev.wiremesh.wireguard.device.PeerConfig;
import dev.wiremesh.wireguard.device.PeerSnapshot;
import dev.wiremesh.wireguard.device.PeerUpdate;
import java.io.IOException;
import java.net.BindException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DeviceConfiguratorTest {
  private final Pair pair = new Pair();

  @Test
  void applyingTheSameSettingsAgainTouchesNothing() throws IOException {
    var settings = settingsOfAlice();
    pair.alice.device.apply(settings);
    pair.connected();
    var before = pair.alice.device.snapshot();
    pair.alice.device.apply(settings);
    pair.run(5);
    assertThat(pair.sent()).isEmpty();
    assertThat(pair.alice.device.snapshot()).isEqualTo(before);
    pair.ping(1);
    assertThat(pair.bobReceived()).containsExactly(1);
    assertThat(pair.alice.completed).hasSize(1);
  }

  @Test
  void settingsRemoveWhatTheyDoNotName() throws IOException {
    var carol = pair.world.host("carol", "192.0.2.3");
    pair.alice.device.changePeer(pair.alice.peer(carol, "10.0.0.3/32").build());
    pair.alice.device.apply(settingsOfAlice());
    assertThat(pair.alice.device.snapshot().peers())
        .extracting(PeerSnapshot::publicKey)
        .containsExactly(pair.bob.publicKey());
  }

  @Test
  void addingAndRemovingOthersDoesNotDisturbAPeer() {
    pair.connected();
    for (int i = 0; i < 50; i++) {
      var other = randomKey(i);
      pair.alice.device.changePeer(
          PeerUpdate.of(other.publicKey()).allow(IpPrefix.parse("10.1." + i + ".0/24")).build());
      pair.ping(i);
      pair.alice.device.removePeer(other.publicKey());
    }
    assertThat(pair.bobReceived()).hasSize(50);
    assertThat(pair.alice.completed).hasSize(1);
  }

  @Test
  void packetsStagedForARemovedPeerAreCounted() {
    pair.world.network.lose(datagram -> true);
    pair.ping(1);
    pair.ping(2);
    pair.alice.device.removePeer(pair.bob.publicKey());
    assertThat(pair.alice.dropped(DropReason.STOPPED)).isEqualTo(2);
  }

  @Test
  void packetsStagedWhenTheInterfaceGoesDownAreCounted() {
    pair.world.network.lose(datagram -> true);
    pair.ping(1);
    pair.alice.tun.setUp(false);
    assertThat(pair.alice.dropped(DropReason.STOPPED)).isEqualTo(1);
  }

  @Test
  void removedPeerIsCutOffAtOnce() {
    pair.connected();
    pair.bob.device.removePeer(pair.alice.publicKey());
    pair.ping(1);
    pair.run(60);
    assertThat(pair.bobReceived()).isEmpty();
    assertThat(pair.sent()).allMatch(datagram -> Pair.isFrom(pair.alice, datagram));
    assertThat(pair.bob.device.snapshot().peers()).isEmpty();
  }

  @Test
  void peerThatComesBackConnectsAgain() {
    pair.connected();
    pair.bob.device.removePeer(pair.alice.publicKey());
    pair.bob.device.changePeer(pair.bob.peer(pair.alice, "10.0.0.1/32").build());
    pair.ping(1);
    pair.run(30);
    pair.ping(2);
    pair.run(1);
    assertThat(pair.bobReceived()).contains(2);
  }

  @Test
  void updateOnlyAddsNoPeer() {
    var stranger = randomKey(1).publicKey();
    pair.alice.device.changePeer(PeerUpdate.of(stranger).updateOnly().build());
    assertThat(pair.alice.device.snapshot().peers()).hasSize(1);
  }

  @Test
  void ownKeyIsNoPeer() {
    pair.alice.device.changePeer(PeerUpdate.of(pair.alice.publicKey()).build());
    assertThat(pair.alice.device.snapshot().peers()).hasSize(1);
    pair.alice.device.setPrivateKey(pair.bob.key);
    assertThat(pair.alice.device.snapshot().peers()).isEmpty();
  }

  @Test
  @Scenario(
      "A new private key ends the sessions of the old one for sending, and initiates new"
          + " handshakes")
  void newPrivateKeyNeedsNewHandshakesAtOnce() {
    pair.connected();
    var newKey = randomKey(5);
    pair.bob.device.changePeer(
        PeerUpdate.of(newKey.publicKey()).allow(IpPrefix.parse("10.0.0.1/32")).build());
    pair.alice.device.setPrivateKey(newKey);
    pair.ping(1);
    assertThat(pair.bobReceived()).containsExactly(1);
    assertThat(pair.alice.completed).hasSize(2);
  }

  @Test
  @Scenario("Packets that are staged without a private key are sent as soon as there is one")
  void packetsStagedWithoutAPrivateKeyAreSentWithTheFirstOne() {
    pair.alice.device.setPrivateKey(null);
    pair.alice.device.changePeer(
        PeerUpdate.of(pair.bob.publicKey()).persistentKeepalive(25).build());
    pair.ping(1);
    assertThat(pair.sent()).isEmpty();
    pair.alice.device.setPrivateKey(pair.alice.key);
    pair.world.settle();
    assertThat(pair.bobReceived()).containsExactly(1);

    pair.alice.device.setPrivateKey(null);
    pair.run(200);
    pair.sent();
    pair.alice.device.setPrivateKey(pair.alice.key);
    pair.world.settle();
    assertThat(pair.sent()).as("the keepalive needs it").anyMatch(Pair::isInitiation);
  }

  @Test
  @Scenario(
      "An old initiation of a peer stays a replay after a change of the preshared key and of"
          + " our private key")
  void timestampsOutliveKeys() {
    pair.ping(1);
    var initiation = pair.sent().stream().filter(Pair::isInitiation).findFirst().orElseThrow();
    pair.run(1);
    var bytes = new byte[32];
    bytes[0] = 1;
    pair.bob.device.changePeer(
        PeerUpdate.of(pair.alice.publicKey()).presharedKey(PresharedKey.of(bytes)).build());
    pair.world.network.inject(initiation);
    pair.run(1);
    assertThat(pair.bob.handshakes(HandshakeOutcome.REPLAYED)).isEqualTo(1);

    pair.bob.device.setPrivateKey(randomKey(9));
    pair.world.network.inject(initiation);
    pair.run(1);
    assertThat(pair.bob.handshakes(HandshakeOutcome.NO_MAC1)).as("is for the old key").isOne();
    pair.bob.device.setPrivateKey(pair.bob.key);
    pair.world.network.inject(initiation);
    pair.run(1);
    assertThat(pair.bob.handshakes(HandshakeOutcome.REPLAYED)).isEqualTo(2);
    assertThat(pair.bob.handshakes(HandshakeOutcome.RESPONSE_SENT)).isEqualTo(1);
  }

  @Test
  void samePrivateKeyAgainTouchesNothing() {
    pair.connected();
    pair.alice.device.setPrivateKey(pair.alice.key);
    pair.ping(1);
    assertThat(pair.alice.completed).hasSize(1);
  }

  @Test
  void takenPortLeavesTheOldOneOpen() throws IOException {
    pair.connected();
    try (var other = pair.world.network.host(pair.alice.address).open(7777, 0)) {
      assertThatThrownBy(() -> pair.alice.device.setListenPort(other.port()))
          .isInstanceOf(BindException.class);
    }
    pair.ping(1);
    assertThat(pair.bobReceived()).containsExactly(1);
    assertThat(pair.alice.device.snapshot().listenPort()).isEqualTo(MemoryHost.PORT);
  }

  @Test
  void portOfTheSystemsChoiceIsKeptWhenItIsAskedForAgain() {
    pair.alice.listenOn(0);
    int port = pair.alice.device.snapshot().listenPort();
    assertThat(port).isNotZero().isNotEqualTo(MemoryHost.PORT);
    pair.alice.listenOn(0);
    assertThat(pair.alice.device.snapshot().listenPort()).isEqualTo(port);
  }

  @Test
  void portThatWasTakenWhenTheInterfaceCameUpCanBeExchanged() throws IOException {
    pair.alice.tun.setUp(false);
    try (var other = pair.world.network.host(pair.alice.address).open(MemoryHost.PORT, 0)) {
      pair.alice.tun.setUp(true);
      assertThat(pair.alice.device.snapshot().up()).isFalse();
      pair.alice.listenOn(other.port() + 1);
      pair.ping(1);
      assertThat(pair.bobReceived()).containsExactly(1);
    }
  }

  @Test
  void interfaceThatGoesDownIsSilentAndComesBack() {
    pair.alice.device.changePeer(
        PeerUpdate.of(pair.bob.publicKey()).persistentKeepalive(5).build());
    pair.connected();
    pair.alice.tun.setUp(false);
    pair.run(100);
    assertThat(pair.sent()).noneMatch(datagram -> Pair.isFrom(pair.alice, datagram));
    assertThat(pair.alice.device.snapshot().up()).isFalse();
    assertThat(pair.alice.device.snapshot().listenPort()).isEqualTo(MemoryHost.PORT);
    pair.alice.tun.setUp(true);
    pair.ping(1);
    pair.run(1);
    assertThat(pair.bobReceived()).containsExactly(1);
  }

  @Test
  void handshakeThatCameBeforeTheInterfaceWentDownIsForgotten() throws IOException {
    pair.alice.tun.send(Packets.packet(Pair.ALICE, Pair.BOB, 1));
    pair.alice.device.outbound().doWork();
    pair.alice.device.controlWork();
    pair.bob.device.inbound().doWork(requireNonNull(pair.bob.device.bind()));
    pair.bob.tun.setUp(false);
    while (pair.bob.device.controlWork() > 0) {}
    assertThat(pair.bob.device.holdings()).isEqualTo(new UserSpaceDevice.Holdings(0, 0, 0, 0, 0));
    assertThat(pair.bob.peerSnapshot(pair.alice).connection().endpoint()).isNull();
    pair.bob.tun.setUp(true);
    pair.run(1);
    assertThat(pair.bob.handshakes(HandshakeOutcome.RESPONSE_SENT)).isZero();
  }

  @Test
  @Scenario("An interface that comes up again runs no timer from before it went down")
  void timersDueWhenTheInterfaceWentDownAreForgotten() {
    pair.connected();
    pair.run(30);
    pair.pong(1); // Alice owes a keepalive
    pair.world.network.lose(datagram -> true);
    pair.ping(2); // and is owed an answer
    pair.alice.tun.setUp(false);
    pair.bob.tun.setUp(false);
    pair.run(60);
    pair.world.network.lose(datagram -> false);
    pair.sent();
    pair.alice.tun.setUp(true);
    pair.bob.tun.setUp(true);
    pair.run(60);
    assertThat(pair.sent()).as("no packet and no keepalive is due").isEmpty();
  }

  @Test
  void countsBytesAndPacketsAsWgDoes() {
    pair.connected();
    var sender = pair.alice.peerSnapshot(pair.bob);
    var receiver = pair.bob.peerSnapshot(pair.alice);
    int data = 32 + 64; // 20 + 32 bytes of packet, padded, header and tag
    assertThat(sender.traffic().sent().bytes()).isEqualTo(148 + data);
    assertThat(receiver.traffic().received().bytes()).isEqualTo(148 + data);
    assertThat(receiver.traffic().sent().bytes()).isEqualTo(92);
    assertThat(sender.traffic().received().bytes()).isEqualTo(92);
    assertThat(sender.traffic().sent().packets()).isEqualTo(2);
  }

  @Test
  void refusedPacketsAreNotInTheByteCountOfWg() {
    pair.connected();
    long before = pair.bob.peerSnapshot(pair.alice).traffic().received().bytes();
    pair.alice.tun.send(Packets.packet("10.7.7.7", Pair.BOB, 1));
    var nonsense = new byte[64];
    nonsense[0] = 0x45;
    nonsense[2] = 0x7f; // more than there is
    System.arraycopy(new byte[] {10, 0, 0, 2}, 0, nonsense, 16, 4);
    pair.alice.tun.send(nonsense);
    pair.world.settle();
    assertThat(pair.bob.dropped(DropReason.ALLOWED_IP)).isEqualTo(1);
    assertThat(pair.bob.dropped(DropReason.INNER_MALFORMED)).isEqualTo(1);
    assertThat(pair.bob.peerSnapshot(pair.alice).traffic().received().bytes()).isEqualTo(before);
    assertThat(pair.bob.peerSnapshot(pair.alice).traffic().received().packets())
        .as("authentic ones")
        .isEqualTo(4);
    pair.run(11);
    assertThat(pair.alice.peerSnapshot(pair.bob).traffic().received().bytes())
        .as("and a keepalive, which they are worth")
        .isEqualTo(92 + 32);
  }

  @Test
  void closedDeviceSendsNothingMoreAndFreesItsPort() throws IOException {
    pair.connected();
    pair.bob.device.close();
    pair.bob.device.close();
    pair.world.network.host(pair.bob.address).open(MemoryHost.PORT, 0).close();
    assertThat(pair.sent()).isEmpty();
  }

  private DeviceConfig settingsOfAlice() {
    return new DeviceConfig(
        Map.of(DeviceConfig.DEFAULT_IDENTITY, pair.alice.key),
        MemoryHost.PORT,
        0,
        List.of(
            PeerConfig.of(pair.bob.publicKey())
                .endpointHint(pair.bob.endpoint())
                .allowedIps(Set.of(IpPrefix.parse("10.0.0.2/32")))
                .build()));
  }

  private static PrivateKey randomKey(int seed) {
    var bytes = new byte[32];
    new Random(seed).nextBytes(bytes);
    return PrivateKey.of(bytes);
  }
}
