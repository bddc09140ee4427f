package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.device.HandshakeOutcome;
import dev.wiremesh.wireguard.device.PeerConfig;
import dev.wiremesh.wireguard.device.Probe;
import dev.wiremesh.wireguard.packet.IcmpEcho;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Round trips measured inside the tunnel. */
class ProbeTest {
  private static final Duration DELAY = Duration.ofMillis(30);

  private final Pair pair = new Pair();

  @ParameterizedTest
  @CsvSource({"10.0.0.1, 10.0.0.2", "fd00::1, fd00::2"})
  @Scenario("The round trip inside the tunnel is measured while there is traffic")
  void roundTripIsMeasuredWhileThereIsTraffic(String from, String to) {
    probe(from, to);
    pair.world.network.setDelay(DELAY, DELAY);
    talk(20);
    assertThat(pair.alice.probed).hasSizeBetween(2, 5).containsOnly(DELAY.multipliedBy(2));
    assertThat(pair.bob.probed).isEmpty();
    assertThat(pair.alice.peerSnapshot(pair.bob).roundTrip().smoothed())
        .isEqualTo(DELAY.multipliedBy(2));
    assertThat(pair.bob.tun.received()).as("packets, and no probes").hasSize(20);
    assertThat(pair.alice.tun.received()).isEmpty();
  }

  @Test
  @Scenario("Probes cause no traffic in an idle tunnel")
  void quietTunnelStaysQuiet() {
    probe(Pair.ALICE, Pair.BOB);
    talk(5);
    pair.run(30);
    pair.sent();
    int before = pair.alice.probed.size();
    pair.run(600);
    assertThat(pair.sent()).isEmpty();
    assertThat(pair.alice.probed).hasSize(before);
  }

  @ParameterizedTest
  @CsvSource({"0.0.0.0/0", "10.0.0.0/16"})
  @Scenario("Probes cause no traffic in an idle tunnel whose allowed IPs cover both ends")
  void quietTunnelStaysQuietWhereAPrefixOfAnotherPeerCoversBothEnds(String covering) {
    var carol = stranger();
    pair.alice.device.changePeer(pair.alice.peer(carol, covering).build());
    pair.bob.device.changePeer(pair.bob.peer(carol, covering).build());
    pair.alice.device.setPeer(probing(pair.bob, Pair.ALICE, Pair.BOB));
    pair.bob.device.setPeer(probing(pair.alice, Pair.BOB, Pair.ALICE));
    pair.world.network.setDelay(DELAY, DELAY);
    for (int i = 0; i < 20; i++) {
      pair.ping(i);
      pair.run(0.7);
      pair.pong(i);
      pair.run(1);
    }
    assertThat(pair.alice.probed).isNotEmpty();
    assertThat(pair.bob.probed).isNotEmpty();
    assertThat(pair.bobReceived()).hasSize(20);
    assertThat(pair.aliceReceived()).hasSize(20);
    pair.run(30);
    pair.sent();
    pair.run(3600);
    assertThat(pair.sent()).isEmpty();
  }

  /** Bob sends no probes, so his device does not recognise the echo request and forwards it. */
  @Test
  void forwardedProbeIsNoData() {
    pair.alice.device.setPeer(probing(pair.bob, Pair.ALICE, Pair.BOB, Duration.ofSeconds(15)));
    pair.bob.device.changePeer(pair.bob.peer(pair.alice, Pair.ALICE + "/32", "0.0.0.0/0").build());
    talk(12);
    pair.run(12);
    pair.bob.tun.received();
    pair.sent();
    pair.run(600);
    assertThat(pair.bob.tun.received()).as("a probe").hasSize(1);
    assertThat(pair.sent()).as("and no keepalive for it").hasSize(1);
  }

  @Test
  void ownAddressIsForgottenWithTheLastProbeFromIt() {
    var carol = stranger();
    pair.alice.device.setPeer(probing(pair.bob, Pair.ALICE, Pair.BOB));
    pair.bob.device.setPeer(probing(pair.alice, Pair.BOB, Pair.ALICE));
    pair.bob.device.setPeer(probing(carol, Pair.BOB, "10.0.0.3"));
    pair.bob.device.changePeer(pair.bob.peer(carol, "10.0.0.0/16").build());
    pair.bob.device.setPeer(probing(carol, Pair.BOB, "10.0.0.4"));
    pair.bob.device.changePeer(pair.bob.peer(carol, "10.0.0.0/16").build());
    talk(20);
    assertThat(pair.alice.probed).isNotEmpty();

    pair.bob.device.removePeer(carol.publicKey());
    pair.bob.device.changePeer(pair.bob.peer(pair.alice, "10.0.0.0/16").build());
    pair.alice.probed.clear();
    talk(20);
    assertThat(pair.alice.probed).as("one peer is still asked from it").isNotEmpty();

    var unasked =
        PeerConfig.of(pair.alice.publicKey())
            .allowedIps(Set.of(IpPrefix.parse("10.0.0.0/16")))
            .build();
    pair.bob.device.setPeer(unasked);
    pair.run(1);
    pair.alice.probed.clear();
    talk(20);
    assertThat(pair.alice.probed).as("any host may have sent it").isEmpty();
  }

  private static PeerConfig probing(MemoryHost peer, String from, String to) {
    return probing(peer, from, to, Duration.ofSeconds(5));
  }

  private static PeerConfig probing(MemoryHost peer, String from, String to, Duration interval) {
    return PeerConfig.of(peer.publicKey())
        .endpointHint(peer.endpoint())
        .allowedIps(Set.of(IpPrefix.parse(to + "/32")))
        .probe(new Probe(IpAddress.parse(from), IpAddress.parse(to), interval))
        .build();
  }

  @Test
  void lostProbeIsNotWaitedForAndChangesNothing() {
    probe(Pair.ALICE, Pair.BOB);
    talk(2);
    int before = pair.alice.probed.size();
    pair.world.network.lose(datagram -> datagram.payload().length == 16 + 64 + 16);
    talk(20);
    pair.world.network.lose(datagram -> false);
    assertThat(pair.alice.probed).hasSize(before);
    talk(20);
    assertThat(pair.alice.probed).hasSizeGreaterThan(before);
  }

  @Test
  void probesMoveNoTimer() {
    probe(Pair.ALICE, Pair.BOB);
    talk(130);
    assertThat(pair.bob.handshakes(HandshakeOutcome.INITIATION_SENT)).isZero();
    assertThat(pair.alice.handshakes(HandshakeOutcome.INITIATION_SENT)).isEqualTo(2);
  }

  @Test
  void probeToAnotherPeerIsForwarded() {
    var far = "10.0.7.7";
    pair.bob.device.changePeer(pair.bob.peer(stranger(), far + "/32").build());
    probe(Pair.ALICE, far);
    talk(30);
    assertThat(pair.bob.tun.received()).as("with the probes").hasSizeGreaterThan(31);
    assertThat(pair.alice.probed).isEmpty();
  }

  @Test
  void echoesOfOthersAreForTheSystem() {
    pair.connected();
    var own = IpAddress.parse(Pair.ALICE);
    var bobs = IpAddress.parse(Pair.BOB);
    byte[] reply = replyTo(IcmpEcho.request(own, bobs, 42, 0));
    pair.bob.tun.send(reply);
    pair.run(1);
    assertThat(pair.alice.tun.received()).containsExactly(reply);
    byte[] echo = IcmpEcho.request(own, bobs, 42, 0);
    echo[30] ^= 1;
    pair.alice.tun.send(echo);
    pair.run(1);
    assertThat(pair.bob.tun.received()).containsExactly(echo);
  }

  @Test
  void impossibleProbesAreRefused() {
    var v4 = IpAddress.parse("10.0.0.1");
    assertThatThrownBy(() -> new Probe(v4, IpAddress.parse("fd00::1"), Duration.ofSeconds(5)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Probe(v4, v4, Duration.ofMillis(10)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private MemoryHost stranger() {
    return pair.world.host("carol", "192.0.2.3");
  }

  private void probe(String from, String to) {
    pair.alice.device.setPeer(
        PeerConfig.of(pair.bob.publicKey())
            .endpointHint(pair.bob.endpoint())
            .allowedIps(
                Set.of(
                    IpPrefix.parse(Pair.BOB + "/32"),
                    IpPrefix.parse("fd00::2/128"),
                    IpPrefix.parse("10.0.7.7/32")))
            .probe(new Probe(IpAddress.parse(from), IpAddress.parse(to), Duration.ofSeconds(5)))
            .build());
    pair.bob.device.changePeer(
        pair.bob.peer(pair.alice, Pair.ALICE + "/32", "fd00::1/128").build());
  }

  private void talk(int seconds) {
    for (int i = 0; i < seconds; i++) {
      pair.ping(i);
      pair.run(1);
    }
  }

  private static byte[] replyTo(byte[] request) {
    var segment = Arena.ofAuto().allocate(request.length);
    MemorySegment.copy(request, 0, segment, ValueLayout.JAVA_BYTE, 0, request.length);
    return IcmpEcho.reply(segment, 0, 4);
  }
}
