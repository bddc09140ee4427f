package dev.wiremesh.wireguard.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.session.Session;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SessionReclaimerTest {
  private final SessionFixture fixture = new SessionFixture(new Random(1));

  @Test
  @Scenario("Keys are wiped when no thread can hold them any more")
  void keysAreWipedWhenNoPacketThreadCanHoldThemAnyMore() {
    var session = fixture.session();
    fixture.peer.keypairs.adoptAsInitiator(session);
    fixture.state.sendEpoch.enter();
    fixture.peer.keypairs.drop();
    fixture.reclaimer.reclaim();
    assertThat(wiped(session)).as("the sending thread is in a batch").isFalse();
    fixture.state.sendEpoch.exit();
    fixture.state.sendEpoch.enter();
    fixture.reclaimer.reclaim();
    assertThat(wiped(session)).as("it is in a later batch").isTrue();
  }

  @Test
  void keysThatNoPacketThreadCanHoldAreWipedAtOnce() {
    var session = fixture.session();
    fixture.peer.keypairs.adoptAsInitiator(session);
    fixture.state.receiveEpoch.enter();
    fixture.state.receiveEpoch.exit();
    fixture.peer.keypairs.drop();
    fixture.reclaimer.reclaim();
    assertThat(wiped(session)).isTrue();
    assertThat(fixture.reclaimer.isEmpty()).isTrue();
  }

  private static boolean wiped(Session<Peer> session) {
    byte[] send = session.sendKey().bytes().toArray(ValueLayout.JAVA_BYTE);
    byte[] receive = session.receiveKey().bytes().toArray(ValueLayout.JAVA_BYTE);
    return Arrays.equals(send, new byte[32]) && Arrays.equals(receive, new byte[32]);
  }
}
