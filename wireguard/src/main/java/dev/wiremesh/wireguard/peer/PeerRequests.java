package dev.wiremesh.wireguard.peer;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Requests of the packet threads to the control thread about one peer. Any thread sets them and
 * then adds the peer to the {@link PeerWakeQueue}; the control thread clears them.
 */
public final class PeerRequests {
  /** A packet was staged, and no handshake was begun for it yet. */
  public final AtomicBoolean packetStaged = new AtomicBoolean();

  /** The current session should be followed by another one. */
  public final AtomicBoolean renewal = new AtomicBoolean();

  /** When the sending thread last requested a renewal; owned by the sending thread. */
  public long renewalRequestedNanos = TrafficCounter.NEVER;

  /** True while the peer is in the wake queue. */
  final AtomicBoolean queued = new AtomicBoolean();

  /** Withdraws all requests. */
  public void cancel() {
    packetStaged.set(false);
    renewal.set(false);
  }
}
