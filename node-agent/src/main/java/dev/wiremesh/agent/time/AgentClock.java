package dev.wiremesh.agent.time;

import dev.wiremesh.wireguard.linux.syscall.BootClock;
import java.time.Clock;

/** The clocks of the agent. Thread-safe. */
@FunctionalInterface
public interface AgentClock {
  Moment now();

  /** The monotonic clock of the system, which advances while the machine sleeps. */
  static AgentClock system(Clock wall) {
    return () -> new Moment(new MonotonicTime(BootClock.nanos()), wall.instant());
  }
}
