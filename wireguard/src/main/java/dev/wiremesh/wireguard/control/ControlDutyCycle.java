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

  private final DeviceState state;
  private final HandshakeReceiver receiver;
  private final PeerTimers timers;
  private final SessionReclaimer reclaimer;
  private final TimerQueue timerQueue;

  public ControlDutyCycle(
      DeviceState state,
      HandshakeReceiver receiver,
      PeerTimers timers,
      SessionReclaimer reclaimer,
      TimerQueue timerQueue) {
    this.state = state;
    this.receiver = receiver;
    this.timers = timers;
    this.reclaimer = reclaimer;
    this.timerQueue = timerQueue;
  }

  /**
   * One cycle.
   *
   * @return how much there was to do
   */
  public int doWork() {
    long now = state.clock.nanos();
    int work = 0;
    work += serviceWoken(now);
    for (int i = 0; i < WORK_PER_CYCLE && receiver.work(now); i++) {
      work++;
    }
    work += serviceDue(now);
    reclaimer.reclaim();
    return work;
  }

  private int serviceWoken(long now) {
    int work = 0;
    while (work < WORK_PER_CYCLE) {
      Peer peer = state.wakeQueue.poll();
      if (peer == null) {
        break;
      }
      service(peer, now);
      work++;
    }
    return work;
  }

  private int serviceDue(long now) {
    int work = 0;
    while (work < WORK_PER_CYCLE) {
      Peer peer = timerQueue.due(now);
      if (peer == null) {
        break;
      }
      service(peer, now);
      work++;
    }
    return work;
  }

  /** Does what is due for one peer now. */
  void service(Peer peer, long now) {
    if (peer.removed || !state.socket.isOpen()) {
      timerQueue.remove(peer);
      return;
    }
    timerQueue.set(peer, timers.service(peer, now));
  }

  /** How long there is nothing to do, if nobody calls. */
  public long idleNanos() {
    long now = state.clock.nanos();
    boolean underLoad = receiver.underLoad(now);
    state.handshakes.setWatched(underLoad);
    if (!state.wakeQueue.isEmpty() || state.handshakes.size() > 0) {
      return 0;
    }
    long next = timerQueue.nextNanos();
    long idle = next == MonotonicClock.NO_DEADLINE ? Long.MAX_VALUE : Math.max(0, next - now);
    idle = underLoad ? Math.min(idle, LOAD_LOOK_NANOS) : idle;
    return !reclaimer.isEmpty() ? Math.min(idle, RETIRED_LOOK_NANOS) : idle;
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
