package dev.wiremesh.wireguard.peer;

import dev.wiremesh.wireguard.noise.InitiatorHandshake;

/**
 * An initiation that waits for its response.
 *
 * @param undisturbed no retransmission and no cookie came in between, so its duration means
 *     something
 */
public record PendingHandshake(
    Peer peer,
    int localIndex,
    InitiatorHandshake handshake,
    long sentNanos,
    long retransmitNanos,
    boolean undisturbed) {

  public PendingHandshake disturbed() {
    return new PendingHandshake(peer, localIndex, handshake, sentNanos, retransmitNanos, false);
  }
}
