package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.device.DropReason;
import dev.wiremesh.wireguard.device.PeerUpdate;
import java.util.List;
import org.junit.jupiter.api.Test;

class CryptokeyRoutingTest {
  private final Pair pair = new Pair();

  @Test
  void packetWithoutPeerIsDropped() {
    pair.alice.tun.send(Packets.packet(Pair.ALICE, "10.0.0.77", 1));
    pair.run(1);
    assertThat(pair.alice.dropped(DropReason.NO_PEER)).isEqualTo(1);
    assertThat(pair.sent()).isEmpty();
  }

  @Test
  @Scenario("A packet from an inner address that is not the peer's is dropped")
  void packetFromAnAddressThatIsNotThePeersIsDropped() {
    pair.connected();
    pair.alice.tun.send(Packets.packet("10.0.0.99", Pair.BOB, 1));
    pair.run(1);
    assertThat(pair.bobReceived()).isEmpty();
    assertThat(pair.bob.dropped(DropReason.ALLOWED_IP)).isEqualTo(1);
  }

  @Test
  @Scenario(
      "A datagram of ours that a route leads back into its own tunnel is sent once and then"
          + " dropped")
  void ownMessagesToAPeerDoNotGoThroughItsTunnel() {
    pair.alice.device.changePeer(
        PeerUpdate.of(pair.bob.publicKey()).allow(IpPrefix.parse("192.0.2.2/32")).build());
    pair.connected();
    pair.ping(1);
    var outer = pair.sent().getFirst();
    pair.alice.tun.send(datagram(outer.payload()));
    pair.run(1);
    assertThat(pair.sent()).isEmpty();
    assertThat(pair.alice.dropped(DropReason.LOOP)).isEqualTo(1);

    byte[] ofSomebodyElse = outer.payload().clone();
    ofSomebodyElse[4]++;
    pair.alice.tun.send(datagram(ofSomebodyElse));
    pair.world.settle();
    assertThat(pair.sent()).as("the same port is no proof").hasSize(1);
  }

  /** From Alice's port to Bob's, outside the tunnel. */
  private static byte[] datagram(byte[] contents) {
    byte[] packet =
        Packets.packet(
            "192.0.2.1", "192.0.2.2", MemoryHost.PORT << 16 | MemoryHost.PORT, 8 + contents.length);
    System.arraycopy(contents, 0, packet, 28, contents.length);
    return packet;
  }

  @Test
  @Scenario("The longest prefix decides, for sent and for received packets")
  void moreSpecificPrefixOfAnotherPeerTakesTheAddressAway() {
    pair.bob.device.changePeer(
        PeerUpdate.of(pair.alice.publicKey()).allow(IpPrefix.parse("10.0.0.0/24")).build());
    pair.connected();
    pair.alice.tun.send(Packets.packet("10.0.0.5", Pair.BOB, 1));
    assertThat(receivedByBob()).containsExactly(1);

    var carol = pair.world.host("carol", "192.0.2.3");
    pair.bob.device.changePeer(pair.bob.peer(carol, "10.0.0.5/32").build());
    pair.alice.tun.send(Packets.packet("10.0.0.5", Pair.BOB, 2));
    assertThat(receivedByBob()).isEmpty();
    assertThat(pair.bob.dropped(DropReason.ALLOWED_IP)).isEqualTo(1);
  }

  @Test
  void prefixGivenToAnotherPeerIsTakenFromTheFirst() {
    var carol = pair.world.host("carol", "192.0.2.3");
    pair.alice.device.changePeer(
        pair.alice.peer(carol, "10.0.0.2/32").endpoint(carol.endpoint()).build());
    assertThat(pair.alice.peerSnapshot(pair.bob).configuration().allowedIps()).isEmpty();
    assertThat(pair.alice.peerSnapshot(carol).configuration().allowedIps())
        .containsExactly(IpPrefix.parse("10.0.0.2/32"));
    pair.ping(1);
    assertThat(pair.sent()).isNotEmpty().allMatch(d -> d.to().host().equals(carol.address));
  }

  @Test
  void prefixesAreAddedReplacedAndRemoved() {
    change(PeerUpdate.of(pair.bob.publicKey()).allow(IpPrefix.parse("10.1.0.0/16")));
    assertThat(allowedIps()).containsExactly("10.0.0.2/32", "10.1.0.0/16");
    change(PeerUpdate.of(pair.bob.publicKey()).disallow(IpPrefix.parse("10.0.0.2/32")));
    assertThat(allowedIps()).containsExactly("10.1.0.0/16");
    change(
        PeerUpdate.of(pair.bob.publicKey())
            .replaceAllowedIps()
            .allow(IpPrefix.parse("10.2.0.0/16"))
            .allow(IpPrefix.parse("fd00::/64")));
    assertThat(allowedIps()).containsExactly("10.2.0.0/16", "fd00::/64");
    pair.ping(1);
    assertThat(pair.alice.dropped(DropReason.NO_PEER)).isEqualTo(1);
  }

  @Test
  void ipv6PacketsTravelToo() {
    change(PeerUpdate.of(pair.bob.publicKey()).allow(IpPrefix.parse("fd00::2/128")));
    pair.bob.device.changePeer(
        PeerUpdate.of(pair.alice.publicKey()).allow(IpPrefix.parse("fd00::1/128")).build());
    byte[] packet = Packets.packet("fd00::1", "fd00::2", 6, 33);
    pair.alice.tun.send(packet);
    pair.run(1);
    assertThat(pair.bob.tun.received()).containsExactly(packet);
  }

  @Test
  void packetOfNoIpVersionIsDropped() {
    pair.connected();
    pair.alice.tun.send(new byte[0]);
    pair.alice.tun.send(new byte[19]);
    pair.alice.tun.send(new byte[100]);
    byte[] short6 = new byte[39];
    short6[0] = 0x60;
    pair.alice.tun.send(short6);
    pair.run(1);
    assertThat(pair.alice.dropped(DropReason.NOT_IP)).isEqualTo(4);
    assertThat(pair.sent()).isEmpty();
  }

  @Test
  void packetThatClaimsToBeLongerThanItIsIsDropped() {
    pair.connected();
    byte[] packet = Packets.packet(Pair.ALICE, Pair.BOB, 1);
    packet[2] = 1;
    pair.alice.tun.send(packet);
    pair.run(1);
    assertThat(pair.bobReceived()).isEmpty();
    assertThat(pair.bob.dropped(DropReason.INNER_MALFORMED)).isEqualTo(1);
  }

  @Test
  @Scenario(
      "Packets of every size arrive unchanged, padded to 16 on the wire but not beyond"
          + " the MTU")
  void packetsOfEverySizeArriveUnchangedAndPaddedOnTheWire() {
    pair.alice.tun.setMtu(1420);
    pair.connected();
    for (int length = 4; length <= 1400; length += 13) {
      byte[] packet = Packets.packet(Pair.ALICE, Pair.BOB, length, length);
      pair.alice.tun.send(packet);
      pair.world.settle();
      assertThat(pair.bob.tun.received()).containsExactly(packet);
      int sealed = pair.sent().getFirst().payload().length - 32;
      assertThat(sealed).isBetween(packet.length, Math.min(1420, packet.length + 15));
      assertThat(sealed % 16 == 0 || sealed == 1420).isTrue();
    }
  }

  @Test
  @Scenario("Packets far above the MTU arrive, up to 65,535 bytes")
  void packetsFarAboveTheMtuArriveToo() {
    pair.connected();
    byte[] packet = Packets.packet(Pair.ALICE, Pair.BOB, 1, 65_000);
    pair.alice.tun.send(packet);
    pair.run(1);
    assertThat(pair.bob.tun.received()).containsExactly(packet);
  }

  private void change(PeerUpdate.Builder change) {
    pair.alice.device.changePeer(change.build());
  }

  private List<String> allowedIps() {
    return pair.alice.peerSnapshot(pair.bob).configuration().allowedIps().stream()
        .map(IpPrefix::toString)
        .toList();
  }

  private int[] receivedByBob() {
    pair.run(0.1);
    return pair.bobReceived();
  }
}
