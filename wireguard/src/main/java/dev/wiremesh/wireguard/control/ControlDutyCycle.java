package dev.wiremesh.wireguard.control;

import dev.wiremesh.wireguard.device.MonotonicClock;
import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.Peer;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * The control thread's duty cycle: peers that packets ask attention for, handshake messages, timers
 * that are due, keys to be wiped. Guarded by the control lock, but for {@link #idle}.
 */
public final class ControlDutyCycle {
  /**
   * Of each kind of work, so that a flood of handshakes, or thousands of peers that are called at
   * once, delay timers and configuration by a few milliseconds at most.
   */
  public static final int WORK_PER_CYCLE = 16;

  /**
   * Under load messages are looked for so often, instead of a call for each: to be woken costs more
   * than to send a cookie.
   */
  private static final long LOAD_LOOK_NANOS = Duration.ofMillis(1).toNanos();

  /**
   * What is due is looked for so often at least: a sleeping thread's time stands still while the
   * machine sleeps, that of {@link MonotonicClock} does not.
   */
  private static final long LONGEST_SLEEP_NANOS = Duration.ofSeconds(10).toNanos();

  private static final long RETIRED_LOOK_NANOS = Duration.ofMillis(100).toNanos();

  private final DeviceState shared;
  private final HandshakeReceiver desk;
  private final PeerTimers timers;
  private final SessionKeeper sessions;
  private final TimerQueue schedule;

  public ControlDutyCycle(
      DeviceState shared,
      HandshakeReceiver desk,
      PeerTimers timers,
      SessionKeeper sessions,
      TimerQueue schedule) {
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
  public int doWork() {
    long now = shared.clock.nanos();
    int work = 0;
    work += attendCalled(now);
    for (int i = 0; i < WORK_PER_CYCLE && desk.work(now); i++) {
      work++;
    }
    work += attendDue(now);
    sessions.wipeRetired();
    return work;
  }

  private int attendCalled(long now) {
    int work = 0;
    while (work < WORK_PER_CYCLE) {
      Peer peer = shared.attention.poll();
      if (peer == null) {
        break;
      }
      attend(peer, now);
      work++;
    }
    return work;
  }

  private int attendDue(long now) {
    int work = 0;
    while (work < WORK_PER_CYCLE) {
      Peer peer = schedule.due(now);
      if (peer == null) {
        break;
      }
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
  public long idleNanos() {
    long now = shared.clock.nanos();
    boolean underLoad = desk.underLoad(now);
    shared.handshakes.setWatched(underLoad);
    if (!shared.attention.isEmpty() || shared.handshakes.size() > 0) {
      return 0;
    }
    long next = schedule.nextNanos();
    long idle = next == MonotonicClock.NO_DEADLINE ? Long.MAX_VALUE : Math.max(0, next - now);
    idle = underLoad ? Math.min(idle, LOAD_LOOK_NANOS) : idle;
    return sessions.hasRetired() ? Math.min(idle, RETIRED_LOOK_NANOS) : idle;
  }

  /**
   * Sleeps until something is due or somebody wakes us; on the control thread, without the lock.
   */
  public static void idle(long nanos) {
    if (nanos > 0) {
      LockSupport.parkNanos(nanos == Long.MAX_VALUE ? nanos : Math.min(nanos, LONGEST_SLEEP_NANOS));
    }
  }
}
