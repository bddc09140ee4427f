package dev.wiremesh.wireguard.session;

import dev.wiremesh.wireguard.crypto.CipherKey;
import dev.wiremesh.wireguard.noise.TransportKeys;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A pair of keys that a handshake ended with, its two indices, and its counters.
 *
 * <p>Sending counters are taken by any thread; a counter is given out once. The replay window and
 * the flags of receiving belong to the receiving thread.
 *
 * @param <P> whose session it is
 */
public final class Session<P> {
  private static final long NEVER = Long.MIN_VALUE;
  private static final VarHandle NEXT_COUNTER;

  static {
    try {
      NEXT_COUNTER = MethodHandles.lookup().findVarHandle(Session.class, "nextCounter", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final P peer;
  private final int localIndex;
  private final int remoteIndex;
  private final boolean initiator;
  private final long createdNanos;
  private final CipherKey sendKey;
  private final CipherKey receiveKey;
  private final ProtocolLimits limits;

  private final ReplayWindow window = new ReplayWindow();
  private final LossDetector lossDetector;
  private boolean renewalAsked;
  private boolean formerIdentity;
  private boolean firstSentCameFirst;
  private volatile long firstReceivedNanos = NEVER;
  private volatile boolean sendingEnded;

  @SuppressWarnings("UnusedVariable") // by its VarHandle
  private volatile long nextCounter;

  /** Takes the keys and wipes the arrays that they came in. */
  public Session(
      P peer,
      int localIndex,
      int remoteIndex,
      boolean initiator,
      long createdNanos,
      TransportKeys keys,
      ProtocolLimits limits) {
    this.peer = peer;
    this.localIndex = localIndex;
    this.remoteIndex = remoteIndex;
    this.initiator = initiator;
    this.createdNanos = createdNanos;
    this.sendKey = new CipherKey(keys.send());
    this.receiveKey = new CipherKey(keys.receive());
    this.limits = limits;
    this.lossDetector = new LossDetector(createdNanos);
    keys.wipe();
  }

  public P peer() {
    return peer;
  }

  /** By this the peer addresses us. */
  public int localIndex() {
    return localIndex;
  }

  /** By this we address the peer. */
  public int remoteIndex() {
    return remoteIndex;
  }

  /** True if we began the handshake; then renewing is up to us. */
  public boolean initiator() {
    return initiator;
  }

  public long createdNanos() {
    return createdNanos;
  }

  public CipherKey sendKey() {
    return sendKey;
  }

  public CipherKey receiveKey() {
    return receiveKey;
  }

  /** True from REJECT_AFTER_TIME on: nothing may be sealed or opened with it any more. */
  public boolean expired(long now) {
    return now - createdNanos >= limits.rejectAfterNanos();
  }

  /** From now on it only receives: what the peer still sends by it is good. */
  public void endSending() {
    sendingEnded = true;
  }

  /**
   * Marks a session that was agreed under a former local identity: it is to be followed by one
   * under the present identity as soon as possible. Called under the control lock.
   */
  public void markFormerIdentity() {
    formerIdentity = true;
  }

  /** True if it was agreed under a former local identity. */
  public boolean ofFormerIdentity() {
    return formerIdentity;
  }

  /** True from REJECT_AFTER_TIME on, or once sending was ended. */
  public boolean closedForSending(long now) {
    return sendingEnded || expired(now);
  }

  /** True while it may seal another packet. */
  public boolean canSend(long now) {
    return !closedForSending(now)
        && Long.compareUnsigned((long) NEXT_COUNTER.getOpaque(this), limits.rejectAfterMessages())
            < 0;
  }

  /**
   * Takes {@code count} counters for sending.
   *
   * @return the first of them, or -1 if there are not so many left
   */
  public long takeCounters(int count) {
    while (true) {
      long first = (long) NEXT_COUNTER.getVolatile(this);
      if (Long.compareUnsigned(first + count, limits.rejectAfterMessages()) > 0) {
        return -1;
      }
      if (NEXT_COUNTER.compareAndSet(this, first, first + count)) {
        return first;
      }
    }
  }

  /** True if whoever sends should ask for the next session. */
  public boolean worthRenewingAfterSending(long now) {
    return Long.compareUnsigned((long) NEXT_COUNTER.getOpaque(this), limits.rekeyAfterMessages())
            >= 0
        || initiator && now - createdNanos >= limits.rekeyAfterNanos();
  }

  /** True once, when whoever receives should ask for the next session. */
  public boolean worthRenewingAfterReceiving(long now) {
    if (renewalAsked || !initiator || now - createdNanos < limits.rekeyWhenReceivingNanos()) {
      return false;
    }
    renewalAsked = true;
    return true;
  }

  /** True if a packet may carry this counter at all. */
  public boolean allowsCounter(long counter) {
    return Long.compareUnsigned(counter, limits.rejectAfterMessages()) < 0;
  }

  /** Of the receiving thread. */
  public ReplayWindow window() {
    return window;
  }

  /** Of the receiving thread. */
  public LossDetector lossDetector() {
    return lossDetector;
  }

  /**
   * Notes that an authentic packet came: the peer has the keys too. Of the receiving thread.
   *
   * @return true the first time
   */
  public boolean noteReceived(long now) {
    if (firstReceivedNanos != NEVER) {
      return false;
    }
    firstSentCameFirst = lossDetector.none(window.next());
    firstReceivedNanos = now;
    return true;
  }

  /** True once the peer has shown that it has the keys. */
  public boolean confirmed() {
    return firstReceivedNanos != NEVER;
  }

  /**
   * How long it took until the peer used the keys, if it is {@link #confirmed}. Negative if the
   * packet that it used them for at once is missing: nobody knows when it sent what came instead.
   */
  public long confirmedAfterNanos() {
    long after = firstReceivedNanos - createdNanos;
    return firstSentCameFirst ? after : -1;
  }

  /** Only when no thread can be using it any more. */
  public void wipe() {
    sendKey.wipe();
    receiveKey.wipe();
  }
}
