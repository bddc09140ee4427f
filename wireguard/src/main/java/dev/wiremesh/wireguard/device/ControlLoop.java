package dev.wiremesh.wireguard.device;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * The control thread's duty cycle: peers that packets ask attention for, handshake messages, timers
 * that are due, keys to be wiped. Guarded by the control lock, but for {@link #idle}.
 */
final class ControlLoop {
  /**
   * So that a flood of handshakes delays timers and configuration by a few milliseconds at most.
   */
  private static final int MESSAGES_PER_CYCLE = 16;

  /**
   * Under load messages are looked for so often, instead of a call for each: to be woken costs more
   * than to send a cookie.
   */
  private static final long LOAD_LOOK_NANOS = Duration.ofMillis(1).toNanos();

  private static final long RETIRED_LOOK_NANOS = Duration.ofMillis(100).toNanos();

  private final Shared shared;
  private final HandshakeDesk desk;
  private final PeerTimers timers;
  private final SessionKeeper sessions;
  private final Schedule schedule;

  ControlLoop(
      Shared shared,
      HandshakeDesk desk,
      PeerTimers timers,
      SessionKeeper sessions,
      Schedule schedule) {
    this.shared = shared;
    this.desk = desk;
    this.timers = timers;
    this.sessions = sessions;
    this.schedule = schedule;
  }

  /**
   * One cycle.
   *
   * @return how much there was to do
   */
  int doWork() {
    long now = shared.clock.nanos();
    int work = 0;
    for (Peer peer = shared.attention.poll(); peer != null; peer = shared.attention.poll()) {
      attend(peer, now);
      work++;
    }
    for (int i = 0; i < MESSAGES_PER_CYCLE && desk.work(now); i++) {
      work++;
    }
    work += attendDue(now);
    sessions.wipeRetired();
    return work;
  }

  /** Each peer once at most: the lock is let go in between, whatever a peer's timers say. */
  private int attendDue(long now) {
    int most = schedule.size();
    int work = 0;
    for (Peer peer = schedule.due(now); peer != null && work < most; peer = schedule.due(now)) {
      attend(peer, now);
      work++;
    }
    return work;
  }

  /** Does what is due for one peer now. */
  void attend(Peer peer, long now) {
    if (peer.removed || !shared.link.isOpen()) {
      schedule.remove(peer);
      return;
    }
    schedule.set(peer, timers.attend(peer, now));
  }

  /** How long there is nothing to do, if nobody calls. */
  long idleNanos() {
    long now = shared.clock.nanos();
    boolean underLoad = desk.underLoad(now);
    shared.handshakes.setWatched(underLoad);
    if (!shared.attention.isEmpty() || shared.handshakes.size() > 0) {
      return 0;
    }
    long next = schedule.nextNanos();
    long idle = next == PeerTimers.NOTHING_DUE ? Long.MAX_VALUE : Math.max(0, next - now);
    idle = underLoad ? Math.min(idle, LOAD_LOOK_NANOS) : idle;
    return sessions.hasRetired() ? Math.min(idle, RETIRED_LOOK_NANOS) : idle;
  }

  /**
   * Sleeps until something is due or somebody wakes us; on the control thread, without the lock.
   */
  static void idle(long nanos) {
    if (nanos > 0) {
      LockSupport.parkNanos(nanos);
    }
  }
}
