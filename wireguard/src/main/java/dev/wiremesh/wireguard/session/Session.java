package dev.wiremesh.wireguard.session;

import dev.wiremesh.wireguard.crypto.CipherKey;
import dev.wiremesh.wireguard.noise.TransportKeys;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A keypair: the two transport keys that a handshake agreed on, with their indexes, counters and
 * replay window.
 *
 * <p>Any thread may take sending counters; none is given out twice. Replay window and loss detector
 * belong to the receiving thread.
 *
 * @param <P> type of the peer
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

  /** Index by which the peer addresses this session. */
  public int localIndex() {
    return localIndex;
  }

  /** Index by which packets to the peer address this session. */
  public int remoteIndex() {
    return remoteIndex;
  }

  /** True if this device initiated the handshake; the initiator renews sessions by age. */
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

  /** True from REJECT_AFTER_TIME on: no packet may be sealed or opened any more. */
  public boolean expired(long now) {
    return now - createdNanos >= limits.rejectAfterNanos();
  }

  /** Ends sending; received packets are still accepted. */
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

  /** True while another packet may be sealed. */
  public boolean canSend(long now) {
    return !closedForSending(now)
        && Long.compareUnsigned((long) NEXT_COUNTER.getOpaque(this), limits.rejectAfterMessages())
            < 0;
  }

  /**
   * Takes {@code count} counters for sending.
   *
   * @return the first of them, or -1 if too few are left
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

  /** True if the sender should request the next session. */
  public boolean worthRenewingAfterSending(long now) {
    return Long.compareUnsigned((long) NEXT_COUNTER.getOpaque(this), limits.rekeyAfterMessages())
            >= 0
        || initiator && now - createdNanos >= limits.rekeyAfterNanos();
  }

  /** True once, when the receiver should request the next session. */
  public boolean worthRenewingAfterReceiving(long now) {
    if (renewalAsked || !initiator || now - createdNanos < limits.rekeyWhenReceivingNanos()) {
      return false;
    }
    renewalAsked = true;
    return true;
  }

  /** True for a counter below REJECT_AFTER_MESSAGES. */
  public boolean allowsCounter(long counter) {
    return Long.compareUnsigned(counter, limits.rejectAfterMessages()) < 0;
  }

  /** Owned by the receiving thread. */
  public ReplayWindow window() {
    return window;
  }

  /** Owned by the receiving thread. */
  public LossDetector lossDetector() {
    return lossDetector;
  }

  /**
   * Records an authentic packet, which confirms that the peer has the keys. Receiving thread.
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

  /** True after the first authentic packet of the peer. */
  public boolean confirmed() {
    return firstReceivedNanos != NEVER;
  }

  /**
   * Time from the creation of a {@link #confirmed} session to its first packet. Negative if that
   * packet was not the first one sent: then it says nothing about the RTT.
   */
  public long confirmedAfterNanos() {
    long after = firstReceivedNanos - createdNanos;
    return firstSentCameFirst ? after : -1;
  }

  /** Wipes the keys; no thread may be using the session any more. */
  public void wipe() {
    sendKey.wipe();
    receiveKey.wipe();
  }
}
