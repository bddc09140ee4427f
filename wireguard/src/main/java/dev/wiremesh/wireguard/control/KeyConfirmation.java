package dev.wiremesh.wireguard.control;

import dev.wiremesh.wireguard.peer.Peer;

/**
 * The moment when the initiator of a handshake shows that it has our answer: from then on we use
 * the session too. Guarded by the control lock.
 */
public final class KeyConfirmation {
  private final SessionKeeper sessions;
  private final HandshakeEvents book;
  private final ControlSender sender;

  public KeyConfirmation(SessionKeeper sessions, HandshakeEvents book, ControlSender sender) {
    this.sessions = sessions;
    this.book = book;
    this.sender = sender;
  }

  /** Looks whether it has come for a peer. */
  void look(Peer peer, long now) {
    var session = sessions.confirmNext(peer, now);
    if (session == null) {
      return;
    }
    if (!session.lastResort()) {
      sessions.endPending(peer); // what we began ourselves meanwhile is not needed any more
    }
    book.completed(peer, session, session.confirmedAfterNanos(), now);
    sender.staged(peer, now);
    if (session.lastResort()) {
      peer.renewalWanted.set(true);
    }
  }
}
