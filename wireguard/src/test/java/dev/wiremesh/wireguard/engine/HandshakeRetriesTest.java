package dev.wiremesh.wireguard.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.device.DropReason;
import dev.wiremesh.wireguard.device.HandshakeOutcome;
import dev.wiremesh.wireguard.device.PeerUpdate;
import dev.wiremesh.wireguard.handshake.MessageType;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Retries of a handshake: their times, their delay and the end of them. */
class HandshakeRetriesTest {
  private final Pair pair = new Pair();

  @Test
  void lostInitiationIsRepeatedAfterFiveSecondsAndNotMeasured() {
    pair.world.network.lose(Pair::isHandshake);
    pair.ping(1);
    pair.run(4.9);
    assertThat(pair.sent()).hasSize(1);
    pair.world.network.lose(datagram -> false);
    pair.run(0.5);
    assertThat(pair.bobReceived()).containsExactly(1);
    assertThat(pair.alice.peerSnapshot(pair.bob).roundTrip().handshake()).isNull();
  }

  @Test
  void repeatedInitiationsAreJittered() {
    pair.world.network.lose(Pair::isHandshake);
    pair.ping(1);
    pair.run(60);
    var initiations = pair.alice.handshakes(HandshakeOutcome.INITIATION_SENT);
    assertThat(initiations).isBetween(11L, 12L);
    assertThat(pair.world.nanos()).isEqualTo(Duration.ofSeconds(60).toNanos());
  }

  /** The kernel gives up when 90 s are over and the try that was under way then has failed. */
  @Test
  @Scenario(
      "A handshake without a response is retried as often as in the kernel, then given up, and"
          + " started again by new data")
  void handshakeIsGivenUpAfterTheKernelsTwentyTriesAndBegunAgainByNewData() {
    pair.world.network.lose(datagram -> true);
    pair.ping(1);
    pair.run(90);
    assertThat(pair.alice.handshakes(HandshakeOutcome.GAVE_UP)).isZero();
    pair.run(20);
    assertThat(pair.alice.handshakes(HandshakeOutcome.GAVE_UP)).isEqualTo(1);
    assertThat(pair.alice.dropped(DropReason.HANDSHAKE_FAILED)).isEqualTo(1);
    assertThat(pair.sent()).hasSize(20).allMatch(Pair::isInitiation);
    pair.run(600);
    assertThat(pair.sent()).as("silence").isEmpty();

    pair.world.network.lose(datagram -> false);
    pair.ping(2);
    pair.run(1);
    assertThat(pair.bobReceived()).containsExactly(2);
  }

  @Test
  void newDataKeepsAHandshakeFromBeingGivenUp() {
    pair.world.network.lose(datagram -> true);
    for (int i = 0; i < 30; i++) {
      pair.ping(i);
      pair.run(10);
    }
    assertThat(pair.alice.handshakes(HandshakeOutcome.GAVE_UP)).isZero();
  }

  /** An end with data to send does not wait for the jitter. */
  @Test
  @Scenario(
      "New data starts another handshake five seconds after the last initiation, as in the kernel")
  void newDataBeginsAgainAsSoonAsItMay() {
    pair.world.network.lose(datagram -> true);
    pair.ping(1);
    pair.run(4.999);
    pair.ping(2);
    pair.run(0.0005);
    assertThat(pair.sent()).hasSize(1);
    pair.run(0.0005);
    pair.ping(3);
    assertThat(pair.sent()).singleElement().matches(Pair::isInitiation);
    pair.run(4.999);
    assertThat(pair.sent()).as("the repetition is put off with it").isEmpty();
    pair.run(0.4);
    assertThat(pair.sent()).singleElement().matches(Pair::isInitiation);
  }

  /** Alice's initiation is lost; before she repeats it, Bob's own leads to a session. */
  @Test
  @Scenario("Two peers that initiate at the same time get one session and no further handshake")
  void initiationIsNotRepeatedOnceThePeersOwnHasLed() {
    pair.world.network.lose(datagram -> true);
    pair.ping(1);
    pair.world.network.lose(datagram -> false);
    pair.bob.device.changePeer(
        PeerUpdate.of(pair.alice.publicKey()).endpoint(pair.alice.endpoint()).build());
    pair.run(1);
    pair.pong(2);
    assertThat(pair.bobReceived()).containsExactly(1);
    assertThat(pair.aliceReceived()).containsExactly(2);
    pair.sent();
    pair.run(30);
    assertThat(pair.sent()).noneMatch(Pair::isHandshake);
    assertThat(pair.alice.device.holdings().pendingHandshakes()).isZero();
  }

  /** Bob has answered, so a session may be there in a moment: he does not begin one as well. */
  @Test
  @Scenario(
      "After it answered an initiation, a peer waits five seconds before its own, as the kernel"
          + " does")
  void answeredInitiationPutsOffOnesOwn() {
    pair.world.network.lose(datagram -> datagram.type() == MessageType.RESPONSE);
    pair.ping(1);
    pair.run(1);
    pair.pong(2);
    pair.run(3.9);
    assertThat(pair.bob.handshakes(HandshakeOutcome.RESPONSE_SENT)).isEqualTo(1);
    assertThat(pair.bob.handshakes(HandshakeOutcome.INITIATION_SENT)).isZero();

    pair.world.network.lose(datagram -> false);
    pair.run(0.1);
    assertThat(pair.bob.handshakes(HandshakeOutcome.INITIATION_SENT)).isEqualTo(1);
    assertThat(pair.aliceReceived()).containsExactly(2);
    assertThat(pair.bobReceived()).containsExactly(1);
  }

  /** Alice's initiation is lost; before she repeats it she answers Bob's, and that is lost too. */
  @Test
  void answeredInitiationPutsOffARepetition() {
    pair.world.network.lose(Pair::isHandshake);
    pair.ping(1);
    pair.run(3);
    pair.world.network.lose(datagram -> datagram.type() == MessageType.RESPONSE);
    pair.bob.device.changePeer(
        PeerUpdate.of(pair.alice.publicKey()).endpoint(pair.alice.endpoint()).build());
    pair.pong(2);
    pair.run(4.9);
    assertThat(pair.alice.handshakes(HandshakeOutcome.RESPONSE_SENT)).isEqualTo(1);
    assertThat(pair.alice.handshakes(HandshakeOutcome.INITIATION_SENT)).isEqualTo(1);
    pair.world.network.lose(datagram -> false);
    pair.run(0.2);
    assertThat(pair.alice.handshakes(HandshakeOutcome.INITIATION_SENT)).isEqualTo(2);
    assertThat(pair.bobReceived()).containsExactly(1);
    assertThat(pair.aliceReceived()).containsExactly(2);
  }
}
