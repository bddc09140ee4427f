package dev.wiremesh.wireguard.control;

import dev.wiremesh.wireguard.peer.Peer;

/**
 * Key confirmation: the first packet under a new session shows that the initiator has received our
 * response, and the session becomes the current one. Guarded by the control lock.
 */
public final class KeyConfirmation {
  private final SessionIndexes indexes;
  private final HandshakeEvents events;
  private final ControlSender sender;

  public KeyConfirmation(SessionIndexes indexes, HandshakeEvents events, ControlSender sender) {
    this.indexes = indexes;
    this.events = events;
    this.sender = sender;
  }

  /** Puts a confirmed session of the peer to use, if there is one. */
  void check(Peer peer, long now) {
    var session = peer.keypairs.confirmNext(now);
    if (session == null) {
      return;
    }
    if (!session.ofFormerIdentity()) {
      indexes.endPending(peer); // our own initiation is not needed any more
    }
    events.completed(peer, session, session.confirmedAfterNanos(), now);
    sender.staged(peer, now);
    if (session.ofFormerIdentity()) {
      peer.requests.renewal.set(true);
    }
  }
}
