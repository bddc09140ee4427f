package dev.wiremesh.wireguard.peer;

import dev.wiremesh.wireguard.noise.InitiatorHandshake;

/**
 * A sent initiation that waits for its response.
 *
 * @param undisturbed no retransmission and no cookie reply so far, so that its duration is an RTT
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
