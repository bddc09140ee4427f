package dev.wiremesh.wireguard.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.noise.TransportKeys;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import dev.wiremesh.wireguard.session.Session;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KeypairsTest {
  private final Set<Session<Peer>> registered = new LinkedHashSet<>();
  private final Peer peer =
      new Peer(
          PublicKey.of(new byte[32]),
          0,
          "default",
          new SetRegistry(registered),
          new StagingBudget());
  private final Keypairs keypairs = peer.keypairs;
  private int lastIndex;

  private record SetRegistry(Set<Session<Peer>> sessions) implements SessionRegistry {
    @Override
    public void register(Session<Peer> session) {
      assertThat(sessions.add(session)).isTrue();
    }

    @Override
    public void unregister(Session<Peer> session) {
      assertThat(sessions.remove(session)).isTrue();
    }
  }

  @Test
  void initiatorsSessionIsCurrentAtOnceAndTheOldOneIsPrevious() {
    var first = session();
    var second = session();
    var third = session();
    keypairs.adoptAsInitiator(first);
    keypairs.adoptAsInitiator(second);
    assertThat(keypairs.current()).isSameAs(second);
    assertThat(keypairs.previous()).isSameAs(first);
    keypairs.adoptAsInitiator(third);
    assertThat(registered).containsExactly(second, third);
  }

  @Test
  @Scenario("The responder's session is used only after the initiator has used it")
  void respondersSessionIsNextUntilItIsConfirmed() {
    var current = session();
    var agreed = session();
    keypairs.adoptAsInitiator(current);
    keypairs.adoptAsResponder(agreed);
    assertThat(keypairs.confirmNext(6)).isNull();
    assertThat(keypairs.current()).isSameAs(current);
    assertThat(keypairs.sending()).isSameAs(current);
    agreed.noteReceived(5);
    assertThat(keypairs.sending()).isSameAs(agreed);
    assertThat(keypairs.confirmNext(6)).isSameAs(agreed);
    assertThat(keypairs.current()).isSameAs(agreed);
    assertThat(keypairs.previous()).isSameAs(current);
    assertThat(keypairs.next()).isNull();
    assertThat(registered).contains(current);
  }

  @Test
  void secondRespondersSessionReplacesAnUnconfirmedOne() {
    var first = session();
    var second = session();
    keypairs.adoptAsResponder(first);
    keypairs.adoptAsResponder(second);
    assertThat(registered).containsExactly(second);
    assertThat(keypairs.next()).isSameAs(second);
  }

  @Test
  void sessionsAgreedInBothRolesAreBothKept() {
    var asResponder = session();
    var asInitiator = session();
    keypairs.adoptAsResponder(asResponder);
    keypairs.adoptAsInitiator(asInitiator);
    assertThat(keypairs.current()).isSameAs(asInitiator);
    assertThat(keypairs.previous()).isSameAs(asResponder);
    assertThat(registered).contains(asResponder);
  }

  @Test
  @Scenario(
      "A session under our former key is not used for sending while there is one under the"
          + " present key")
  void formerIdentitySessionIsReceivedWithBesideABetterOne() {
    var present = session();
    var former = session();
    keypairs.adoptAsInitiator(present);
    keypairs.adoptUnderFormerIdentity(former);
    former.noteReceived(5);
    assertThat(keypairs.confirmNext(6)).isNull();
    assertThat(keypairs.current()).isSameAs(present);
    assertThat(registered).contains(former);

    present.endSending();
    assertThat(keypairs.confirmNext(7)).isSameAs(former);
    assertThat(keypairs.current()).isSameAs(former);
    var better = session();
    keypairs.adoptAsInitiator(better);
    assertThat(keypairs.current()).isSameAs(better);
    assertThat(keypairs.confirmNext(8)).isNull();
    assertThat(registered).as("Bob may still send with it").contains(former);
  }

  @Test
  void sessionsFromBeforeAnIdentityChangeAreUsedUntilThereIsABetterOne() {
    var previous = session();
    var current = session();
    var next = session();
    keypairs.adoptAsInitiator(previous);
    keypairs.adoptAsInitiator(current);
    keypairs.adoptAsResponder(next);
    keypairs.moveToFormerIdentity();
    assertThat(keypairs.current()).isSameAs(current);
    next.noteReceived(5);
    assertThat(keypairs.confirmNext(6)).isSameAs(next);

    keypairs.adoptAsInitiator(session());
    assertThat(registered).contains(current, next);
    keypairs.dropFormerIdentity();
    assertThat(registered).doesNotContain(current);
    keypairs.drop();
    assertThat(registered).isEmpty();
  }

  @Test
  void oldestFormerIdentitySessionIsDroppedFirst() {
    var sessions = List.of(session(), session(), session(), session());
    sessions.forEach(keypairs::adoptUnderFormerIdentity);
    assertThat(registered).containsExactlyElementsOf(sessions.subList(1, 4));
    var fresh = session(ProtocolLimits.STANDARD.rejectAfterNanos());
    keypairs.adoptAsInitiator(fresh);
    assertThat(registered).as("the others have expired").containsExactly(fresh);
    assertThat(keypairs.formerIdentity()).isEmpty();
  }

  @Test
  void expiredSessionsAreReceivedWithButNotSentWith() {
    var session = session();
    keypairs.adoptAsInitiator(session);
    keypairs.expire();
    assertThat(session.canSend(0)).isFalse();
    assertThat(registered).contains(session);
  }

  private Session<Peer> session() {
    return session(0);
  }

  private Session<Peer> session(long createdNanos) {
    var keys = new TransportKeys(new byte[32], new byte[32]);
    return new Session<>(peer, ++lastIndex, 2, true, createdNanos, keys, ProtocolLimits.STANDARD);
  }
}
