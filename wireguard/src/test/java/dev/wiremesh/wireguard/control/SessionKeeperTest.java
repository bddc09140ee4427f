package dev.wiremesh.wireguard.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.io.memory.MemoryNetwork;
import dev.wiremesh.wireguard.noise.TransportKeys;
import dev.wiremesh.wireguard.peer.BoundSocket;
import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.peer.StagingBudget;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import dev.wiremesh.wireguard.session.Session;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SessionKeeperTest {
  private final DeviceState shared =
      new DeviceState(
          () -> 0,
          new BoundSocket(new MemoryNetwork(() -> 0, 1).host(IpAddress.parse("192.0.2.1"))),
          1420,
          1);
  private SessionKeeper keeper = new SessionKeeper(shared, new Random(1));
  private final Peer peer = new Peer(PublicKey.of(new byte[32]), 0, "default", new StagingBudget());

  @Test
  void initiatorsSessionIsUsedAtOnceAndTheOldOneKeptForStragglers() {
    var first = session();
    var second = session();
    var third = session();
    keeper.adoptAsInitiator(first);
    keeper.adoptAsInitiator(second);
    assertThat(peer.current).isSameAs(second);
    assertThat(peer.previous).isSameAs(first);
    keeper.adoptAsInitiator(third);
    assertThat(found(first)).isFalse();
    assertThat(found(second)).isTrue();
    assertThat(found(third)).isTrue();
  }

  @Test
  @Scenario("The responder's session is used only after the initiator has used it")
  void respondersSessionWaitsUntilItIsConfirmed() {
    var current = session();
    var agreed = session();
    keeper.adoptAsInitiator(current);
    keeper.adoptAsResponder(agreed);
    assertThat(keeper.confirmNext(peer, 6)).isNull();
    assertThat(peer.current).isSameAs(current);
    agreed.noteReceived(5);
    assertThat(keeper.confirmNext(peer, 6)).isSameAs(agreed);
    assertThat(peer.current).isSameAs(agreed);
    assertThat(peer.previous).isSameAs(current);
    assertThat(peer.next).isNull();
    assertThat(found(current)).isTrue();
  }

  @Test
  void secondAgreementReplacesAnUnconfirmedOne() {
    var first = session();
    var second = session();
    keeper.adoptAsResponder(first);
    keeper.adoptAsResponder(second);
    assertThat(found(first)).isFalse();
    assertThat(peer.next).isSameAs(second);
  }

  @Test
  void agreementsInBothRolesAreBothKept() {
    var asResponder = session();
    var asInitiator = session();
    keeper.adoptAsResponder(asResponder);
    keeper.adoptAsInitiator(asInitiator);
    assertThat(peer.current).isSameAs(asInitiator);
    assertThat(peer.previous).isSameAs(asResponder);
    assertThat(found(asResponder)).isTrue();
  }

  @Test
  @Scenario(
      "A session under our former key is not sent by while there is one under the present key")
  void lastResortIsReceivedByBesideABetterOne() {
    var present = session();
    var former = session();
    keeper.adoptAsInitiator(present);
    keeper.adoptAsLastResort(former);
    former.noteReceived(5);
    assertThat(keeper.confirmNext(peer, 6)).isNull();
    assertThat(peer.current).isSameAs(present);
    assertThat(found(former)).isTrue();

    present.endSending();
    assertThat(keeper.confirmNext(peer, 7)).isSameAs(former);
    assertThat(peer.current).isSameAs(former);
    var better = session();
    keeper.adoptAsInitiator(better);
    assertThat(peer.current).isSameAs(better);
    assertThat(keeper.confirmNext(peer, 8)).isNull();
    assertThat(found(former)).as("Bob may still send by it").isTrue();
  }

  @Test
  void sessionsOfBeforeAKeyChangeServeUntilThereIsABetterOne() {
    var previous = session();
    var current = session();
    var next = session();
    keeper.adoptAsInitiator(previous);
    keeper.adoptAsInitiator(current);
    keeper.adoptAsResponder(next);
    keeper.makeLastResorts(peer);
    assertThat(peer.current).isSameAs(current);
    next.noteReceived(5);
    assertThat(keeper.confirmNext(peer, 6)).isSameAs(next);

    keeper.adoptAsInitiator(session());
    assertThat(List.of(found(current), found(next))).containsOnly(true);
    keeper.dropLastResorts(peer);
    assertThat(found(current)).isFalse();
    keeper.dropSessions(peer);
    assertThat(shared.sessions.size()).isZero();
    keeper.wipeRetired();
    assertThat(keeper.retiredCount()).isZero();
  }

  @Test
  void oldestLastResortsGo() {
    var sessions = List.of(session(), session(), session(), session());
    sessions.forEach(keeper::adoptAsLastResort);
    assertThat(sessions.stream().map(this::found)).containsExactly(false, true, true, true);
    long expired = ProtocolLimits.STANDARD.rejectAfterNanos();
    keeper.adoptAsInitiator(session(expired));
    assertThat(sessions.stream().map(this::found)).containsOnly(false);
    assertThat(peer.lastResorts).isEmpty();
  }

  @Test
  void expiredSessionsAreReceivedWithButNotSentWith() {
    var session = session();
    keeper.adoptAsInitiator(session);
    SessionKeeper.expireSessions(peer);
    assertThat(session.canSend(0)).isFalse();
    assertThat(found(session)).isTrue();
  }

  @Test
  @Scenario("An index that is in use is not given out again")
  void indexInUseIsNotGivenOutAgain() {
    var numbers = new ArrayDeque<>(List.of(5L, 5L, 6L));
    var drawing = new SessionKeeper(shared, () -> numbers.remove() << 32);
    keeper = drawing;
    var session = session();
    assertThat(session.localIndex()).isEqualTo(5);
    drawing.adoptAsInitiator(session);
    assertThat(drawing.newIndex()).isEqualTo(6);
  }

  @Test
  @Scenario("Keys are wiped when no thread can hold them any more")
  void keysAreWipedWhenNoPacketThreadCanHoldThemAnyMore() {
    var session = session();
    keeper.adoptAsInitiator(session);
    shared.sending.enter();
    keeper.dropSessions(peer);
    keeper.wipeRetired();
    assertThat(wiped(session)).as("the sending thread is in a batch").isFalse();
    shared.sending.exit();
    shared.sending.enter();
    keeper.wipeRetired();
    assertThat(wiped(session)).as("it is in a later batch").isTrue();
  }

  @Test
  void keysThatNobodyCanHoldAreWipedAtOnce() {
    var session = session();
    keeper.adoptAsInitiator(session);
    shared.receiving.enter();
    shared.receiving.exit();
    keeper.dropSessions(peer);
    keeper.wipeRetired();
    assertThat(wiped(session)).isTrue();
    assertThat(keeper.hasRetired()).isFalse();
  }

  private boolean found(Session<Peer> session) {
    return session.equals(shared.sessions.get(session.localIndex()));
  }

  private static boolean wiped(Session<Peer> session) {
    byte[] send = session.sendKey().bytes().toArray(ValueLayout.JAVA_BYTE);
    byte[] receive = session.receiveKey().bytes().toArray(ValueLayout.JAVA_BYTE);
    return Arrays.equals(send, new byte[32]) && Arrays.equals(receive, new byte[32]);
  }

  private Session<Peer> session() {
    return session(0);
  }

  private Session<Peer> session(long createdNanos) {
    var send = new byte[32];
    var receive = new byte[32];
    Arrays.fill(send, (byte) 1);
    Arrays.fill(receive, (byte) 2);
    return new Session<>(
        peer,
        keeper.newIndex(),
        2,
        true,
        createdNanos,
        new TransportKeys(send, receive),
        ProtocolLimits.STANDARD);
  }
}
