package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.device.EchoReply;
import dev.wiremesh.wireguard.device.EchoRequest;
import dev.wiremesh.wireguard.device.HandshakeOutcome;
import dev.wiremesh.wireguard.device.PeerConfig;
import dev.wiremesh.wireguard.device.Probe;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Echo requests inside the tunnel, which do not depend on traffic. */
class EchoTest {
  private static final IpAddress ALICE = IpAddress.parse(Pair.ALICE);
  private static final IpAddress BOB = IpAddress.parse(Pair.BOB);

  private final Pair pair = new Pair();

  @ParameterizedTest
  @CsvSource({"10.0.0.1,10.0.0.2,72", "10.0.0.1,10.0.0.2,1420", "fd00::1,fd00::2,1280"})
  void requestIsAnsweredByTheDataPlaneOfTheOtherDevice(String from, String to, int length) {
    bobAnswers();
    var request = new EchoRequest(IpAddress.parse(from), IpAddress.parse(to), length, 7);
    pair.alice.device.echo(List.of(request));
    pair.run(1);
    assertThat(pair.alice.device.echoReplies())
        .extracting(EchoReply::from, EchoReply::token)
        .containsExactly(tuple(IpAddress.parse(to), 7L));
    assertThat(pair.alice.device.echoReplies()).isEmpty();
    assertThat(pair.bob.tun.received()).isEmpty();
    assertThat(pair.alice.tun.received()).isEmpty();
  }

  /** The other end of a plain client is its kernel, which returns all bytes of the request. */
  @ParameterizedTest
  @CsvSource({"72", "1400"})
  void requestIsAnsweredByAnyKernel(int length) {
    pair.connected();
    // Bob's device does not know his address, so it passes the request on.
    pair.bob.device.changePeer(pair.bob.peer(pair.alice, Pair.ALICE + "/32", "0.0.0.0/0").build());
    pair.alice.device.echo(List.of(new EchoRequest(ALICE, BOB, length, 9)));
    pair.run(1);
    var received = pair.bob.tun.received();
    assertThat(received).singleElement().satisfies(it -> assertThat(it).hasSize(length));
    pair.bob.tun.send(kernelsReply(received.getFirst()));
    pair.run(1);
    assertThat(pair.alice.device.echoReplies())
        .extracting(EchoReply::from, EchoReply::token)
        .containsExactly(tuple(BOB, 9L));
    assertThat(pair.alice.tun.received()).isEmpty();
  }

  @Test
  void requestToAPeerWithoutASessionBeginsNoHandshake() {
    pair.alice.device.echo(List.of(EchoRequest.small(ALICE, BOB, 1)));
    pair.run(5);
    assertThat(pair.alice.handshakes(HandshakeOutcome.INITIATION_SENT)).isZero();
    assertThat(pair.alice.device.echoReplies()).isEmpty();
  }

  @Test
  void requestToAnAddressWithoutAPeerIsNotSent() {
    pair.connected();
    pair.sent();
    pair.alice.device.echo(List.of(EchoRequest.small(ALICE, IpAddress.parse("192.0.2.77"), 1)));
    pair.run(1);
    assertThat(pair.sent()).isEmpty();
  }

  @Test
  void requestsOfTwoFamiliesAreRefused() {
    assertThatThrownBy(() -> EchoRequest.small(ALICE, IpAddress.parse("fd00::1"), 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private void bobAnswers() {
    pair.alice.device.setPeer(
        PeerConfig.of(pair.bob.publicKey())
            .endpointHint(pair.bob.endpoint())
            .allowedIps(Set.of(IpPrefix.parse(Pair.BOB + "/32"), IpPrefix.parse("fd00::2/128")))
            .build());
    pair.bob.device.setPeer(
        PeerConfig.of(pair.alice.publicKey())
            .endpointHint(pair.alice.endpoint())
            .allowedIps(Set.of(IpPrefix.parse(Pair.ALICE + "/32"), IpPrefix.parse("fd00::1/128")))
            .probe(new Probe(BOB, ALICE, Duration.ofSeconds(5)))
            .build());
    pair.ping(1);
    pair.run(1);
    pair.bob.tun.received();
  }

  private static byte[] kernelsReply(byte[] request) {
    var reply = request.clone();
    System.arraycopy(request, 12, reply, 16, 4);
    System.arraycopy(request, 16, reply, 12, 4);
    reply[20] = 0; // echo reply; the device does not verify the checksum
    return reply;
  }
}
