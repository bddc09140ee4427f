package dev.wiremesh.wireguard.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.testkit.junit.Scenario;
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
    assertThat(pair.alice.peerSnapshot(pair.bob).smoothedRtt()).isEqualTo(DELAY.multipliedBy(2));
    assertThat(pair.bob.tun.received()).as("packets, and no probes").hasSize(20);
    assertThat(pair.alice.tun.received()).isEmpty();
  }

  @Test
  @Scenario("A quiet tunnel stays quiet, probes or not")
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
  void whatGoesOnToAnotherPeerIsForwarded() {
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
    byte[] reply = replyTo(ProbePacket.request(own, bobs, 42, 0));
    pair.bob.tun.send(reply);
    pair.run(1);
    assertThat(pair.alice.tun.received()).containsExactly(reply);
    byte[] echo = ProbePacket.request(own, bobs, 42, 0);
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

  private Host stranger() {
    return pair.world.host("carol", "192.0.2.3");
  }

  private void probe(String from, String to) {
    pair.alice.device.setPeer(
        new PeerSettings(
                pair.bob.publicKey(),
                DeviceSettings.DEFAULT_IDENTITY,
                null,
                pair.bob.endpoint(),
                0,
                Set.of(
                    IpPrefix.parse(Pair.BOB + "/32"),
                    IpPrefix.parse("fd00::2/128"),
                    IpPrefix.parse("10.0.7.7/32")))
            .withProbe(
                new Probe(IpAddress.parse(from), IpAddress.parse(to), Duration.ofSeconds(5))));
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
    return ProbePacket.reply(segment, 0, 4);
  }
}
