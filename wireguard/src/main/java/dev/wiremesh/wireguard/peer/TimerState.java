package dev.wiremesh.wireguard.peer;

/**
 * State of a peer's timers, see {@code control.PeerTimers}. The packet threads only record facts
 * here; the control thread derives the deadlines from them.
 */
public final class TimerState {
  /** Data sent without an answer; recorded by the sending thread. */
  public final ReplyDeadline dataSent = new ReplyDeadline();

  /** Data received without an answer, keepalives excluded; recorded by the receiving thread. */
  public final ReplyDeadline dataReceived = new ReplyDeadline();

  /**
   * True if the control thread checks this peer soon anyway, so that packets need not wake it.
   * Written under the control lock.
   */
  public volatile boolean watched;

  // Guarded by the control lock.

  /** Staged packets sent without an answer. */
  public final ReplyDeadline stagedSent = new ReplyDeadline();

  /** When the peer is checked next; its place in the timer queue. */
  public long nextCheckNanos = TrafficCounter.NEVER;

  /** {@link TrafficStats#activity} at the last check. */
  public long activityAtLastCheck;

  /** Random delay of the next new handshake. */
  public long newHandshakeJitterNanos;

  /** When a persistent keepalive was last sent. */
  public long persistentKeepaliveSentNanos = TrafficCounter.NEVER;

  /** When the key material is zeroed; {@link TrafficCounter#NEVER} if there is none. */
  public long zeroKeysNanos = TrafficCounter.NEVER;

  /** Cancels all deadlines: the interface went down, or the peer was removed. */
  public void cancel() {
    dataSent.settle();
    stagedSent.settle();
    dataReceived.settle();
    zeroKeysNanos = TrafficCounter.NEVER;
  }
}
