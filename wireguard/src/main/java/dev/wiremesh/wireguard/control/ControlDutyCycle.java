package dev.wiremesh.wireguard.control;

import dev.wiremesh.wireguard.device.MonotonicClock;
import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.Peer;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Duty cycle of the control thread: peers in the wake queue, handshake messages, timers that are
 * due, sessions to be reclaimed. Guarded by the control lock, except {@link #idle}.
 */
public final class ControlDutyCycle {
  /**
   * Upper bound per cycle of each kind of work, so that a flood of handshakes, or thousands of
   * peers that are woken at once, delay timers and configuration by a few milliseconds at most.
   */
  public static final int WORK_PER_CYCLE = 16;

  /**
   * Polling interval for handshake messages under load, in place of a wakeup for each: a wakeup
   * costs more than sending a cookie.
   */
  private static final long LOAD_POLL_NANOS = Duration.ofMillis(1).toNanos();

  /**
   * Longest sleep: the time of a parked thread stands still while the machine is suspended, that of
   * {@link MonotonicClock} does not.
   */
  private static final long LONGEST_SLEEP_NANOS = Duration.ofSeconds(10).toNanos();

  private static final long RECLAIM_POLL_NANOS = Duration.ofMillis(100).toNanos();

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
   * @return units of work done; 0 if the thread may sleep
   */
  public int doWork() {
    long now = state.clock.nanos();
    int work = 0;
    work += serviceWoken(now);
    for (int i = 0; i < WORK_PER_CYCLE && receiver.receiveOne(now); i++) {
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

  /** Services one peer and enters its next check into the timer queue. */
  void service(Peer peer, long now) {
    if (peer.removed || !state.socket.isOpen()) {
      timerQueue.remove(peer);
      return;
    }
    timerQueue.set(peer, timers.service(peer, now));
  }

  /** Time until the next deadline; a wakeup may end it earlier. */
  public long idleNanos() {
    long now = state.clock.nanos();
    boolean underLoad = receiver.underLoad(now);
    state.handshakes.setPolled(underLoad);
    if (!state.wakeQueue.isEmpty() || state.handshakes.size() > 0) {
      return 0;
    }
    long next = timerQueue.nextNanos();
    long idle = next == MonotonicClock.NO_DEADLINE ? Long.MAX_VALUE : Math.max(0, next - now);
    idle = underLoad ? Math.min(idle, LOAD_POLL_NANOS) : idle;
    return !reclaimer.isEmpty() ? Math.min(idle, RECLAIM_POLL_NANOS) : idle;
  }

  /** Parks the control thread for that time or until it is woken; without the lock. */
  public static void idle(long nanos) {
    if (nanos > 0) {
      LockSupport.parkNanos(nanos == Long.MAX_VALUE ? nanos : Math.min(nanos, LONGEST_SLEEP_NANOS));
    }
  }
}
