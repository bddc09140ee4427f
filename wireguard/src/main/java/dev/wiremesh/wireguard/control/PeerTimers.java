package dev.wiremesh.wireguard.control;

import dev.wiremesh.wireguard.device.MonotonicClock;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.peer.TrafficCounter;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The timers of peers (whitepaper section 6). Guarded by the control lock.
 *
 * <p>A {@link Timer} computes its deadline from the peer's state whenever the peer is checked, so
 * packets arm and disarm nothing: they leave their facts in the peer's {@code timers} and {@code
 * traffic}. To add a timer, implement {@link Timer} in this file and add it to {@link #timers}; its
 * state per peer belongs in {@link dev.wiremesh.wireguard.peer.TimerState} (also in its {@code
 * cancel}), its duration in {@link ProtocolLimits} (also in its {@code timesDividedBy}).
 */
public final class PeerTimers {
  private final HandshakeInitiator initiator;
  private final KeyConfirmation confirmation;
  private final HandshakeEvents events;
  private final ControlSender sender;
  private final RandomGenerator random;
  private final ProtocolLimits limits;

  /** All timers, in the order in which those that are due at the same time fire. */
  private final List<Timer> timers =
      List.of(
          new RetransmitHandshake(),
          new DeferredInitiation(),
          new NewHandshake(),
          new SendProbe(),
          new PassiveKeepalive(),
          new PersistentKeepalive(),
          new ZeroKeyMaterial());

  public PeerTimers(
      HandshakeInitiator initiator,
      KeyConfirmation confirmation,
      HandshakeEvents events,
      ControlSender sender,
      RandomGenerator random,
      ProtocolLimits limits) {
    this.initiator = initiator;
    this.confirmation = confirmation;
    this.events = events;
    this.sender = sender;
    this.random = random;
    this.limits = limits;
  }

  /** One timer. It has no state of its own: one object serves all peers. */
  private interface Timer {
    /**
     * Deadline for a peer; {@link MonotonicClock#NO_DEADLINE} if the timer is not running.
     *
     * <p>Packets of a watched peer do not wake the control thread, so the deadline is computed
     * again only after the keepalive timeout (10 s) or the interval of the probes. A shorter timer
     * that packets arm fires late by as much, unless they put the peer into the wake queue.
     */
    long dueNanos(Peer peer);

    /** Called once the deadline has passed; must move it. */
    void fire(Peer peer, long now);
  }

  /**
   * Sends the initiation again when no response came (REKEY_TIMEOUT plus jitter, section 6.4), or
   * gives up.
   */
  private final class RetransmitHandshake implements Timer {
    @Override
    public long dueNanos(Peer peer) {
      var pending = peer.handshake.pending;
      return pending == null ? MonotonicClock.NO_DEADLINE : initiator.retransmitNanos(pending);
    }

    @Override
    public void fire(Peer peer, long now) {
      initiator.retransmit(peer, now);
    }
  }

  /** Sends an initiation that was requested less than REKEY_TIMEOUT after the last message. */
  private final class DeferredInitiation implements Timer {
    @Override
    public long dueNanos(Peer peer) {
      return peer.handshake.initiationWanted
          ? initiator.earliestNanos(peer)
          : MonotonicClock.NO_DEADLINE;
    }

    @Override
    public void fire(Peer peer, long now) {
      initiator.sendWhenAllowed(peer, now);
    }
  }

  /**
   * Begins a handshake when data was sent and nothing was received for KEEPALIVE_TIMEOUT +
   * REKEY_TIMEOUT plus jitter (section 6.2).
   */
  private final class NewHandshake implements Timer {
    @Override
    public long dueNanos(Peer peer) {
      long received = peer.receivedFromHost();
      long since = MonotonicClock.NO_DEADLINE;
      if (peer.timers.dataSent.pending(received)) {
        since = peer.timers.dataSent.since();
      }
      if (peer.timers.stagedSent.pending(received)) {
        since = Math.min(since, peer.timers.stagedSent.since());
      }
      return since == MonotonicClock.NO_DEADLINE
          ? MonotonicClock.NO_DEADLINE
          : since + limits.newHandshakeNanos() + peer.timers.newHandshakeJitterNanos;
    }

    @Override
    public void fire(Peer peer, long now) {
      peer.timers.dataSent.settle();
      peer.timers.stagedSent.settle();
      drawJitter(peer);
      peer.path.forgetSource();
      initiator.begin(peer, now);
    }
  }

  /** Sends a probe at its interval while there is traffic. */
  private final class SendProbe implements Timer {
    @Override
    public long dueNanos(Peer peer) {
      return peer.path.probes.dueNanos(peer.traffic.lastDataNanos());
    }

    @Override
    public void fire(Peer peer, long now) {
      var probe = peer.path.probes.probe();
      if (probe != null) {
        peer.path.probes.sent(now);
        sender.probe(peer, probe, now);
      }
    }
  }

  /** Confirms received data when nothing was sent for KEEPALIVE_TIMEOUT (section 6.5). */
  private final class PassiveKeepalive implements Timer {
    @Override
    public long dueNanos(Peer peer) {
      return peer.timers.dataReceived.pending(peer.traffic.sendsBegun())
          ? peer.timers.dataReceived.since() + limits.keepaliveTimeoutNanos()
          : MonotonicClock.NO_DEADLINE;
    }

    @Override
    public void fire(Peer peer, long now) {
      peer.timers.dataReceived.settle();
      keepalive(peer, now);
    }
  }

  /** Sends a keepalive when there was no packet in either direction for the configured interval. */
  private final class PersistentKeepalive implements Timer {
    @Override
    public long dueNanos(Peer peer) {
      int seconds = peer.config.persistentKeepaliveSeconds;
      return seconds == 0
          ? MonotonicClock.NO_DEADLINE
          : Math.max(peer.traffic.lastPacketNanos(), peer.timers.persistentKeepaliveSentNanos)
              + Duration.ofSeconds(seconds).toNanos();
    }

    @Override
    public void fire(Peer peer, long now) {
      keepalive(peer, now);
      peer.timers.persistentKeepaliveSentNanos = now;
    }
  }

  /**
   * Drops all sessions three times REJECT_AFTER_TIME after the last handshake (section 6.3). A
   * pending handshake goes on: it has keys of its own.
   */
  private static final class ZeroKeyMaterial implements Timer {
    @Override
    public long dueNanos(Peer peer) {
      long due = peer.timers.zeroKeysNanos;
      return due == TrafficCounter.NEVER ? MonotonicClock.NO_DEADLINE : due;
    }

    @Override
    public void fire(Peer peer, long now) {
      peer.timers.zeroKeysNanos = TrafficCounter.NEVER;
      peer.keypairs.drop();
    }
  }

  /**
   * Confirms keys, applies the packet threads' requests and fires the timers that are due.
   *
   * @return when the peer must be checked next
   */
  long service(Peer peer, long now) {
    confirmation.check(peer, now);
    applyRequests(peer, now);
    fireDue(peer, now);
    renewIfRequested(peer, now); // a packet sent just now may have found its session old
    return nextCheckNanos(peer, now);
  }

  private void applyRequests(Peer peer, long now) {
    if (peer.requests.packetStaged.getAndSet(false)) {
      sender.staged(peer, now);
      // Even if the staging budget had no room for the packet, the next one shall find a session.
      if (!peer.canSend(now)) {
        initiator.begin(peer, now);
      }
    }
    renewIfRequested(peer, now);
    long rtt = peer.path.probes.takeRtt();
    if (rtt >= 0) {
      events.probeAnswered(peer, Duration.ofNanos(rtt));
    }
  }

  private void renewIfRequested(Peer peer, long now) {
    if (peer.requests.renewal.getAndSet(false)) {
      initiator.begin(peer, now);
    }
  }

  private void fireDue(Peer peer, long now) {
    for (var timer : timers) {
      if (now >= timer.dueNanos(peer)) {
        timer.fire(peer, now);
      }
    }
  }

  private long nextDueNanos(Peer peer) {
    long next = MonotonicClock.NO_DEADLINE;
    for (var timer : timers) {
      next = Math.min(next, timer.dueNanos(peer));
    }
    return next;
  }

  /**
   * A peer with traffic is checked before anything can be due that the traffic has caused, so that
   * its packets need not wake the control thread. The next packet of a quiet peer does.
   */
  private long nextCheckNanos(Peer peer, long now) {
    long activity = peer.traffic.activity();
    peer.timers.watched = activity != peer.timers.activityAtLastCheck;
    VarHandle.fullFence();
    if (peer.traffic.activity() != activity) {
      peer.timers.watched = true;
    }
    peer.timers.activityAtLastCheck = activity;
    long due = nextDueNanos(peer);
    if (peer.timers.watched) {
      due =
          Math.min(
              due,
              Math.min(peer.path.probes.nextCheckNanos(), now + limits.keepaliveTimeoutNanos()));
    }
    return due;
  }

  /** Cancels everything that is due: the interface went down, or the peer was removed. */
  static void cancel(Peer peer) {
    peer.requests.cancel();
    peer.handshake.initiationWanted = false;
    peer.timers.cancel();
  }

  /** Draws the random delay of the peer's next new handshake. */
  void drawJitter(Peer peer) {
    peer.timers.newHandshakeJitterNanos = random.nextLong(Math.max(1, limits.jitterNanos()));
  }

  /** Sends a keepalive, or begins the handshake that it needs. */
  void keepalive(Peer peer, long now) {
    if (!sender.keepalive(peer, now)) {
      initiator.begin(peer, now);
    }
  }
}
