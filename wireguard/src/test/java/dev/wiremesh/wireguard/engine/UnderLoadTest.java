package dev.wiremesh.wireguard.engine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.device.DropReason;
import dev.wiremesh.wireguard.device.HandshakeOutcome;
import dev.wiremesh.wireguard.handshake.MessageType;
import dev.wiremesh.wireguard.io.memory.Datagram;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.Test;

/** Cookies and rate limits under load. */
class UnderLoadTest {
  private static final Datagram.Address FLOODER =
      new Datagram.Address(IpAddress.parse("198.51.100.1"), 7);

  private final Pair pair = new Pair();

  /** A handshake message of a session that is over by now; its MAC1 stays good for ever. */
  private Datagram old(int type) {
    pair.ping(1);
    var message = pair.sent().stream().filter(sent -> sent.type() == type).findFirst();
    pair.run(300);
    pair.sent();
    pair.bob.tun.received();
    return message.orElseThrow();
  }

  private void flood(Datagram message) {
    flood(message, 600);
  }

  /** All wait before the first is worked on. */
  private void flood(Datagram message, int times) {
    for (int i = 0; i < times; i++) {
      pair.world.network.inject(new Datagram(FLOODER, message.to(), message.payload()));
    }
    var victim = message.to().host().equals(pair.bob.address) ? pair.bob : pair.alice;
    try {
      while (victim.device.inbound().doWork(requireNonNull(victim.device.bind())) > 0) {}
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void loadBeginsWhereItDoesInTheKernel() {
    var initiation = old(MessageType.INITIATION);
    flood(initiation, 510); // and another one
    pair.ping(2);
    assertThat(pair.sent()).noneMatch(sent -> sent.type() == MessageType.COOKIE_REPLY);
    assertThat(pair.bobReceived()).containsExactly(2);
    flood(initiation, 512);
    pair.run(0);
    assertThat(pair.sent())
        .filteredOn(sent -> sent.type() == MessageType.COOKIE_REPLY)
        .hasSize(512);
    flood(initiation, 5000);
    assertThat(pair.bob.dropped(DropReason.HANDSHAKE_QUEUE_FULL)).isEqualTo(5000 - 4096);
  }

  @Test
  @Scenario(
      "Under load each source with a valid mac2 gets five messages processed at once, then 20/s")
  void provenSourcesAreLimited() {
    var initiation = old(MessageType.INITIATION);
    flood(initiation);
    pair.ping(2);
    pair.run(4.9);
    flood(initiation);
    pair.run(0.6);
    assertThat(pair.bobReceived()).containsExactly(2);
    var proven = pair.sent().stream().filter(Pair::isInitiation).toList().getLast();

    pair.run(5);
    flood(initiation);
    for (int i = 0; i < 10; i++) {
      pair.world.network.inject(proven);
    }
    pair.run(0);
    assertThat(pair.bob.handshakes(HandshakeOutcome.RATE_LIMITED)).isEqualTo(5);
    assertThat(pair.bob.handshakes(HandshakeOutcome.REPLAYED)).isEqualTo(5);
  }

  @Test
  @Scenario(
      "An initiator under load requests a cookie too, and the response with the cookie"
          + " completes the handshake")
  void responsesNeedACookieUnderLoad() {
    var response = old(MessageType.RESPONSE);
    flood(response);
    pair.ping(2);
    assertThat(pair.sent())
        .filteredOn(sent -> sent.type() == MessageType.COOKIE_REPLY)
        .anyMatch(sent -> sent.to().host().equals(pair.bob.address));
    assertThat(pair.bobReceived()).isEmpty();

    pair.run(4.9);
    flood(response);
    pair.run(0.6);
    assertThat(pair.bob.handshakes(HandshakeOutcome.COOKIE_RECEIVED)).isEqualTo(1);
    assertThat(pair.bobReceived()).containsExactly(2);
    assertThat(pair.alice.handshakes(HandshakeOutcome.RATE_LIMITED)).isZero();
  }

  @Test
  @Scenario("A cookie reply is accepted from any source address, and changes no endpoint")
  void cookiesMoveNoEndpoint() {
    var initiation = old(MessageType.INITIATION);
    flood(initiation);
    pair.world.network.lose(sent -> sent.type() == MessageType.COOKIE_REPLY);
    pair.ping(2);
    var cookie =
        pair.sent().stream()
            .filter(sent -> sent.type() == MessageType.COOKIE_REPLY)
            .filter(sent -> sent.to().host().equals(pair.alice.address))
            .findFirst()
            .orElseThrow();
    pair.world.network.inject(new Datagram(FLOODER, cookie.to(), cookie.payload()));
    pair.run(0);
    assertThat(pair.alice.handshakes(HandshakeOutcome.COOKIE_RECEIVED)).isEqualTo(1);
    assertThat(requireNonNull(pair.alice.peerSnapshot(pair.bob).connection().endpoint()).address())
        .isEqualTo(pair.bob.address);
    pair.run(6);
    assertThat(pair.bobReceived()).containsExactly(2);
  }
}
