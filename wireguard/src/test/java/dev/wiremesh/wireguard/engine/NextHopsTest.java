package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.device.DropReason;
import dev.wiremesh.wireguard.device.PeerConfig;
import dev.wiremesh.wireguard.device.PeerUpdate;
import dev.wiremesh.wireguard.io.memory.Datagram;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A laptop's address behind two gateways: the node accepts it from both, and answers the one that
 * it last heard it from.
 */
class NextHopsTest {
  private static final String NODE = "10.0.0.1";
  private static final String LAPTOP = "10.9.0.7";
  private static final String PHONE = "10.9.0.8";

  private final World world = new World();
  private final MemoryHost node = world.host("node", "192.0.2.1");
  private final MemoryHost home = world.host("home", "192.0.2.2");
  private final MemoryHost other = world.host("other", "192.0.2.3");
  private final MemoryHost stranger = world.host("stranger", "192.0.2.4");

  @BeforeEach
  void connect() {
    node.device.setPeer(settings(home, Set.of(LAPTOP, PHONE), Set.of()));
    node.device.setPeer(settings(other, Set.of(), Set.of(LAPTOP, PHONE)));
    node.device.setPeer(settings(stranger, Set.of("10.0.0.4"), Set.of()));
    for (var gateway : new MemoryHost[] {home, other, stranger}) {
      gateway.device.changePeer(gateway.peer(node, NODE + "/32").endpoint(node.endpoint()).build());
    }
  }

  @Test
  void beforeAnythingWasHeardItIsHome() {
    assertThat(nodeSendsTo(LAPTOP)).isSameAs(home);
  }

  @Test
  @Scenario(
      "A prefix of several peers is answered through the one that last sent data with"
          + " a source in it")
  void dataFromAnotherMemberMovesThePrefixAndNoOther() {
    laptopSendsBy(other);
    assertThat(node.tun.received()).hasSize(1);
    assertThat(nodeSendsTo(LAPTOP)).isSameAs(other);
    assertThat(nodeSendsTo(PHONE)).isSameAs(home);
    laptopSendsBy(home);
    assertThat(nodeSendsTo(LAPTOP)).isSameAs(home);
  }

  @Test
  @Scenario("A keepalive, or data of another prefix, moves no next hop")
  void keepalivesAndOtherPrefixesMoveNothing() {
    laptopSendsBy(other);
    home.device.changePeer(PeerUpdate.of(node.publicKey()).persistentKeepalive(1).build());
    home.tun.send(Packets.packet(PHONE, NODE, 1));
    world.run(Duration.ofSeconds(5));
    assertThat(nodeSendsTo(LAPTOP)).isSameAs(other);
  }

  @Test
  void packetFromAPeerThatIsNoNextHopIsRefused() {
    laptopSendsBy(stranger);
    assertThat(node.tun.received()).isEmpty();
    assertThat(node.dropped(DropReason.ALLOWED_IP)).isEqualTo(1);
    assertThat(nodeSendsTo(LAPTOP)).isSameAs(home);
  }

  @Test
  void replayedPacketMovesNothing() {
    laptopSendsBy(other);
    var packets = world.network.sent();
    laptopSendsBy(home);
    packets.forEach(world.network::inject);
    world.settle();
    assertThat(nodeSendsTo(LAPTOP)).isSameAs(home);
  }

  @Test
  void memberThatNoLongerAnswersIsLeftUntilItIsHeardAgain() {
    laptopSendsBy(other);
    world.network.lose(this::betweenNodeAndOther);
    for (int second = 0; second < 40; second++) {
      node.tun.send(Packets.packet(NODE, LAPTOP, second));
      world.run(Duration.ofSeconds(1));
    }
    assertThat(home.tun.received()).as("after 15 s of silence and three initiations").isNotEmpty();
    world.network.lose(datagram -> false);
    laptopSendsBy(other);
    world.run(Duration.ofSeconds(10));
    assertThat(nodeSendsTo(LAPTOP)).isSameAs(other);
  }

  @Test
  @Scenario("A prefix whose home no longer answers is sent to by way of an alternate")
  void homeThatNoLongerAnswersIsLeftForAnAlternate() {
    assertThat(nodeSendsTo(LAPTOP)).isSameAs(home);
    world.network.lose(
        datagram -> Pair.isFrom(home, datagram) || datagram.to().host().equals(home.address));
    for (int second = 0; second < 40; second++) {
      node.tun.send(Packets.packet(NODE, LAPTOP, second));
      world.run(Duration.ofSeconds(1));
    }
    assertThat(other.tun.received()).as("after 15 s of silence and three initiations").isNotEmpty();
    world.network.lose(datagram -> false);
    laptopSendsBy(home);
    world.run(Duration.ofSeconds(10));
    assertThat(nodeSendsTo(LAPTOP)).isSameAs(home);
  }

  @Test
  @Scenario("A next hop whose data arrives is kept although its handshakes are lost")
  void memberThatIsHeardIsNotLeftWhileThereIsASession() {
    node.device.initiate(other.publicKey());
    world.run(Duration.ofSeconds(1));
    laptopSendsBy(other);
    world.network.lose(d -> Pair.isHandshake(d) && betweenNodeAndOther(d));
    for (int second = 0; second < 170; second++) {
      other.tun.send(Packets.packet(LAPTOP, NODE, second));
      world.run(Duration.ofMillis(500));
      node.tun.send(Packets.packet(NODE, LAPTOP, second));
      world.run(Duration.ofMillis(500));
    }
    assertThat(home.tun.received()).isEmpty();
    assertThat(other.tun.received()).hasSize(170);
    for (int second = 0; second < 60; second++) {
      node.tun.send(Packets.packet(NODE, LAPTOP, second));
      world.run(Duration.ofSeconds(1));
    }
    assertThat(home.tun.received()).as("no session any more").isNotEmpty();
  }

  @Test
  void memberThatIsHeardAgainIsGoneBackToByTheSessionThatThereIs() {
    node.device.initiate(other.publicKey());
    world.run(Duration.ofSeconds(1));
    laptopSendsBy(other);
    world.network.lose(this::betweenNodeAndOther);
    for (int second = 0; second < 40; second++) {
      node.tun.send(Packets.packet(NODE, LAPTOP, second));
      world.run(Duration.ofSeconds(1));
    }
    assertThat(home.tun.received()).isNotEmpty();
    world.network.lose(d -> Pair.isHandshake(d) && betweenNodeAndOther(d));
    laptopSendsBy(other);
    assertThat(nodeSendsTo(LAPTOP)).isSameAs(other);
  }

  private boolean betweenNodeAndOther(Datagram datagram) {
    return Pair.isFrom(other, datagram) || datagram.to().host().equals(other.address);
  }

  @Test
  void sameSettingsAgainChangeNothing() {
    laptopSendsBy(other);
    node.device.setPeer(nodeSettings(other));
    node.device.setPeer(nodeSettings(home));
    assertThat(nodeSendsTo(LAPTOP)).isSameAs(other);
  }

  @Test
  void newHomeLeavesTheCurrentMemberInPlace() {
    laptopSendsBy(other);
    node.device.setPeer(settings(other, Set.of(LAPTOP), Set.of(PHONE)));
    node.device.setPeer(settings(home, Set.of(PHONE), Set.of(LAPTOP)));
    assertThat(nodeSendsTo(LAPTOP)).isSameAs(other);
    laptopSendsBy(home);
    assertThat(nodeSendsTo(LAPTOP)).isSameAs(home);
  }

  @Test
  void removedMemberIsLeftForTheHome() {
    laptopSendsBy(other);
    node.device.removePeer(other.publicKey());
    assertThat(nodeSendsTo(LAPTOP)).isSameAs(home);
    node.device.removePeer(home.publicKey());
    node.tun.send(Packets.packet(NODE, LAPTOP, 1));
    world.settle();
    assertThat(node.dropped(DropReason.NO_PEER)).isEqualTo(1);
  }

  @Test
  void withoutAHomeItIsTheFirstMember() {
    node.device.removePeer(home.publicKey());
    assertThat(nodeSendsTo(LAPTOP)).isSameAs(other);
  }

  @Test
  @Scenario("Packets to a host that changes its key use the next key from its first message on")
  void hostThatChangesItsKeyIsSentToUnderTheNextOne() {
    for (boolean nextFirst : new boolean[] {true, false}) {
      node.device.removePeer(other.publicKey());
      node.device.removePeer(home.publicKey());
      var next =
          settings(other, Set.of(), Set.of(LAPTOP, PHONE)).toBuilder()
              .formerKey(home.publicKey())
              .build();
      if (nextFirst) {
        node.device.setPeer(next);
      }
      node.device.setPeer(nodeSettings(home));
      node.device.setPeer(next);
      assertThat(nodeSendsTo(LAPTOP)).as("no session of the next key").isSameAs(home);

      node.device.initiate(other.publicKey());
      world.run(Duration.ofSeconds(1));
      assertThat(nodeSendsTo(LAPTOP)).isSameAs(other);
      laptopSendsBy(home);
      assertThat(nodeSendsTo(LAPTOP)).as("a straggler moves nothing").isSameAs(other);
      node.device.setPeer(nodeSettings(other));
      assertThat(nodeSendsTo(LAPTOP)).as("two hosts after all").isSameAs(home);
    }
  }

  private MemoryHost nodeSendsTo(String destination) {
    node.tun.send(Packets.packet(NODE, destination, 7));
    world.run(Duration.ofSeconds(1));
    boolean atHome = !home.tun.received().isEmpty();
    boolean atOther = !other.tun.received().isEmpty();
    assertThat(atHome).as("one of the two has it").isNotEqualTo(atOther);
    return atHome ? home : other;
  }

  private void laptopSendsBy(MemoryHost gateway) {
    gateway.tun.send(Packets.packet(LAPTOP, NODE, 1));
    world.run(Duration.ofMillis(100));
  }

  private PeerConfig nodeSettings(MemoryHost gateway) {
    return gateway == home
        ? settings(home, Set.of(LAPTOP, PHONE), Set.of())
        : gateway == other
            ? settings(other, Set.of(), Set.of(LAPTOP, PHONE))
            : settings(stranger, Set.of("10.0.0.4"), Set.of());
  }

  private static PeerConfig settings(MemoryHost peer, Set<String> own, Set<String> alternates) {
    return PeerConfig.of(peer.publicKey())
        .endpointHint(peer.endpoint())
        .allowedIps(prefixes(own))
        .alternateIps(prefixes(alternates))
        .build();
  }

  private static Set<IpPrefix> prefixes(Set<String> addresses) {
    return addresses.stream()
        .map(address -> IpPrefix.parse(address + "/32"))
        .collect(Collectors.toSet());
  }
}
