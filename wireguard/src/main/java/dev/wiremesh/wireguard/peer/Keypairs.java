package dev.wiremesh.wireguard.peer;

import dev.wiremesh.wireguard.session.Session;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A peer's keypairs, each a {@link Session}: current, previous and next as in the kernel and
 * wireguard-go (whitepaper section 5.4.5), and those of a former local identity.
 *
 * <ul>
 *   <li>A handshake that this device initiated yields the current keypair at once: the peer has
 *       answered, so it has the keys.
 *   <li>A handshake that it responded to yields the next keypair. It becomes the current one when
 *       the first packet confirms it, since the response may be lost.
 *   <li>The previous keypair receives packets that are still under way.
 *   <li>Former identity keypairs were agreed under the peer's former local identity. One of them is
 *       the current keypair as long as there is none under the present identity.
 * </ul>
 *
 * <p>Written under the control lock; the packet threads read {@link #current} and {@link
 * #sending()}. A session that is no keypair any more leaves the {@link SessionRegistry}.
 */
public final class Keypairs {
  /** Current, previous, and one that the peer may not have confirmed yet. */
  private static final int MAX_FORMER_IDENTITY_KEYPAIRS = 3;

  private final SessionRegistry registry;
  private volatile @Nullable Session<Peer> current;
  private volatile @Nullable Session<Peer> next;

  // Guarded by the control lock.
  private @Nullable Session<Peer> previous;
  private List<Session<Peer>> formerIdentity = List.of();

  Keypairs(SessionRegistry registry) {
    this.registry = registry;
  }

  /** The keypair in use; any thread. */
  public @Nullable Session<Peer> current() {
    return current;
  }

  /** Agreed as responder, not confirmed yet; any thread. */
  @Nullable Session<Peer> next() {
    return next;
  }

  /** The keypair before the current one. */
  @Nullable Session<Peer> previous() {
    return previous;
  }

  /** Keypairs of the former local identity, the oldest first. */
  List<Session<Peer>> formerIdentity() {
    return formerIdentity;
  }

  /**
   * The keypair to send with; any thread. The first packet under the next keypair makes it the
   * sending one, before the control thread has made it the current one: the reply to that packet
   * may be sent already, and a restarted peer has no other session.
   */
  public @Nullable Session<Peer> sending() {
    var agreed = next;
    return agreed != null && agreed.confirmed() ? agreed : current;
  }

  /** Makes a session that was agreed as initiator the current keypair. */
  public void adoptAsInitiator(Session<Peer> session) {
    var oldPrevious = previous;
    var oldCurrent = current;
    var oldNext = next;
    registry.register(session);
    current = session;
    previous = oldNext != null ? oldNext : oldCurrent;
    next = null;
    release(oldPrevious);
    release(oldCurrent);
    dropExpiredFormerIdentity(session.createdNanos());
  }

  /** Makes a session that was agreed as responder the next keypair; the current one stays. */
  public void adoptAsResponder(Session<Peer> session) {
    var oldPrevious = previous;
    var oldNext = next;
    previous = null;
    next = session;
    release(oldPrevious);
    release(oldNext);
    registry.register(session);
    dropExpiredFormerIdentity(session.createdNanos());
  }

  /**
   * Adds a session that was agreed as responder under the former identity. The peer may send with
   * it; this device does only while it has no session under the present identity.
   */
  public void adoptUnderFormerIdentity(Session<Peer> session) {
    session.markFormerIdentity();
    registry.register(session);
    addFormerIdentity(session);
    dropExpiredFormerIdentity(session.createdNanos());
  }

  /**
   * Turns all keypairs into former identity keypairs: the local identity changes, and the peer may
   * know the former one only. The current one stays in use until there is one under the present
   * identity.
   */
  public void moveToFormerIdentity() {
    var sessions = Arrays.asList(previous, current, next);
    previous = null;
    next = null;
    for (var session : sessions) {
      if (session != null && !session.ofFormerIdentity()) {
        session.markFormerIdentity();
        addFormerIdentity(session);
      }
    }
  }

  private void addFormerIdentity(Session<Peer> session) {
    var all = new ArrayList<>(formerIdentity);
    all.add(session);
    var oldest = all.size() > MAX_FORMER_IDENTITY_KEYPAIRS ? all.removeFirst() : null;
    formerIdentity = List.copyOf(all);
    release(oldest);
  }

  private void dropExpiredFormerIdentity(long now) {
    if (formerIdentity.isEmpty()) {
      return;
    }
    var all = formerIdentity;
    formerIdentity = all.stream().filter(session -> !session.expired(now)).toList();
    all.forEach(this::release);
  }

  /** Drops the former identity keypairs, also the one in use. */
  public void dropFormerIdentity() {
    var all = formerIdentity;
    formerIdentity = List.of();
    var inUse = current;
    if (inUse != null && inUse.ofFormerIdentity()) {
      current = null;
    }
    all.forEach(this::release);
  }

  /**
   * Makes the keypair current that a first packet has confirmed: the next one, or one of the former
   * identity.
   *
   * @return that keypair; null if none was confirmed
   */
  public @Nullable Session<Peer> confirmNext(long now) {
    var agreed = next;
    boolean confirmed = agreed != null && agreed.confirmed();
    var session = confirmed ? agreed : confirmedFormerIdentity(now);
    if (session == null) {
      return null;
    }
    var oldPrevious = previous;
    var oldCurrent = current;
    current = session;
    previous = oldCurrent;
    if (confirmed) {
      next = null;
    }
    release(oldPrevious);
    return session;
  }

  /** The newest that is to replace the current keypair; null if that one is as good. */
  private @Nullable Session<Peer> confirmedFormerIdentity(long now) {
    var inUse = current;
    boolean better = inUse != null && !inUse.ofFormerIdentity() && inUse.canSend(now);
    if (better) {
      return null;
    }
    for (var session : formerIdentity.reversed()) {
      if (session == inUse) {
        return null;
      }
      if (session.confirmed() && session.canSend(now)) {
        return session;
      }
    }
    return null;
  }

  /** Ends sending with the present keypairs; packets that the peer sends with them are accepted. */
  public void expire() {
    endSending(current);
    endSending(next);
  }

  private static void endSending(@Nullable Session<Peer> session) {
    if (session != null) {
      session.endSending();
    }
  }

  /** Drops all keypairs. */
  public void drop() {
    var oldCurrent = current;
    var oldPrevious = previous;
    var oldNext = next;
    current = null;
    previous = null;
    next = null;
    release(oldCurrent);
    release(oldPrevious);
    release(oldNext);
    dropFormerIdentity();
  }

  /** Unregisters a session, unless it is still one of the keypairs. */
  private void release(@Nullable Session<Peer> session) {
    if (session != null
        && session != current
        && session != previous
        && session != next
        && !formerIdentity.contains(session)) {
      registry.unregister(session);
    }
  }
}
