package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.device.DeviceConfig;
import dev.wiremesh.wireguard.device.HandshakeOutcome;
import dev.wiremesh.wireguard.device.PeerConfig;
import dev.wiremesh.wireguard.device.PeerUpdate;
import dev.wiremesh.wireguard.handshake.CookieGenerator;
import dev.wiremesh.wireguard.io.memory.Datagram;
import java.util.ArrayList;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A gateway: one key for other nodes, another one for those outside, both on one socket. */
class TwoIdentitiesTest {
  private final World world = new World();
  private final MemoryHost gateway = world.host("gateway", "192.0.2.1");
  private final MemoryHost node = world.host("node", "192.0.2.2");
  private final MemoryHost laptop = world.host("laptop", "192.0.2.3");
  private final PrivateKey shared = key(99);

  @BeforeEach
  void connect() {
    gateway.device.setIdentity("gateway", shared);
    gateway.device.setPeer(settings(node, DeviceConfig.DEFAULT_IDENTITY, "10.0.0.2/32"));
    gateway.device.setPeer(settings(laptop, "gateway", "10.0.0.3/32"));
    node.device.changePeer(node.peer(gateway, "10.0.0.1/32").endpoint(gateway.endpoint()).build());
    laptop.device.changePeer(
        PeerUpdate.of(shared.publicKey())
            .allow(IpPrefix.parse("10.0.0.1/32"))
            .endpoint(gateway.endpoint())
            .build());
  }

  @Test
  @Scenario("Several static keys on one socket, each for the peers that are bound to it")
  void eachPeerUsesItsOwnIdentity() {
    node.tun.send(Packets.packet("10.0.0.2", "10.0.0.1", 1));
    laptop.tun.send(Packets.packet("10.0.0.3", "10.0.0.1", 2));
    world.settle();
    assertThat(Packets.numbers(gateway.tun.received())).containsExactlyInAnyOrder(1, 2);
    gateway.tun.send(Packets.packet("10.0.0.1", "10.0.0.2", 3));
    gateway.tun.send(Packets.packet("10.0.0.1", "10.0.0.3", 4));
    world.settle();
    assertThat(Packets.numbers(node.tun.received())).containsExactly(3);
    assertThat(Packets.numbers(laptop.tun.received())).containsExactly(4);
  }

  @Test
  void peerIsRefusedByAnIdentityThatItIsNotBoundTo() {
    laptop.device.changePeer(
        laptop.peer(gateway, "10.0.0.1/32").endpoint(gateway.endpoint()).build());
    laptop.tun.send(Packets.packet("10.0.0.3", "10.0.0.1", 2));
    world.settle();
    assertThat(gateway.tun.received()).isEmpty();
    assertThat(gateway.handshakes(HandshakeOutcome.UNKNOWN_PEER)).isEqualTo(1);
  }

  @Test
  void answerToAnotherIdentityIsNone() {
    var held = new ArrayList<Datagram>();
    world.network.lose(datagram -> Pair.isFrom(laptop, datagram) && held.add(datagram));
    gateway.device.changePeer(
        PeerUpdate.of(laptop.publicKey()).endpoint(laptop.endpoint()).build());
    gateway.tun.send(Packets.packet("10.0.0.1", "10.0.0.3", 4));
    world.settle();
    var response = held.getFirst();
    byte[] toTheOther = response.payload().clone();
    new CookieGenerator(gateway.publicKey()).sign(toTheOther, 0);
    world.network.inject(new Datagram(response.from(), response.to(), toTheOther));
    world.settle();
    assertThat(gateway.handshakes(HandshakeOutcome.RESPONSE_INVALID)).isEqualTo(1);
    assertThat(gateway.completed).isEmpty();
    world.network.inject(response);
    world.settle();
    assertThat(gateway.completed).hasSize(1);
  }

  @Test
  void newKeyOfOneIdentityDoesNotDisturbTheOthersPeers() {
    node.tun.send(Packets.packet("10.0.0.2", "10.0.0.1", 1));
    laptop.tun.send(Packets.packet("10.0.0.3", "10.0.0.1", 2));
    world.settle();
    gateway.device.setIdentity("gateway", key(100));
    node.tun.send(Packets.packet("10.0.0.2", "10.0.0.1", 3));
    world.settle();
    assertThat(gateway.completed).hasSize(2);
  }

  @Test
  void gatewayInitiatesWithTheIdentityThatThePeerKnows() {
    gateway.device.changePeer(
        PeerUpdate.of(laptop.publicKey()).endpoint(laptop.endpoint()).build());
    gateway.tun.send(Packets.packet("10.0.0.1", "10.0.0.3", 4));
    world.settle();
    assertThat(Packets.numbers(laptop.tun.received())).containsExactly(4);
  }

  @Test
  void defaultIdentityIsTheOneThatIsShown() {
    assertThat(gateway.device.snapshot().defaultPrivateKey()).isEqualTo(gateway.key);
    assertThat(gateway.device.snapshot().identities()).hasSize(2);
  }

  private static PeerConfig settings(MemoryHost peer, String identity, String allowedIp) {
    return PeerConfig.of(peer.publicKey())
        .identity(identity)
        .allowedIps(Set.of(IpPrefix.parse(allowedIp)))
        .build();
  }

  private static PrivateKey key(int seed) {
    var bytes = new byte[32];
    new Random(seed).nextBytes(bytes);
    return PrivateKey.of(bytes);
  }
}
