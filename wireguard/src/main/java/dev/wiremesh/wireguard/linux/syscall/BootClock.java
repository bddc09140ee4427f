package dev.wiremesh.wireguard.linux.syscall;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;

/**
 * The {@link dev.wiremesh.wireguard.device.MonotonicClock} of Linux (CLOCK_BOOTTIME). It advances
 * while the machine sleeps, as kernel WireGuard requires: with Java's clock, which stops during
 * sleep, a laptop would keep using a session that expired hours ago.
 *
 * <p>A reading costs little more than {@code System.nanoTime} and no system call; the packet paths
 * take one for each batch.
 */
public final class BootClock {
  private static final int CLOCK_BOOTTIME = 7;
  private static final long NANOS_PER_SECOND = Duration.ofSeconds(1).toNanos();

  private static final ThreadLocal<MemorySegment> TIMESPEC =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(JAVA_LONG, 2));

  /** False in a sandbox that implements only the common clocks. */
  private static final boolean KNOWN =
      Libc.clockGetTime(CLOCK_BOOTTIME, TIMESPEC.get().address()) == 0;

  private static final long START = sinceBootNanos();

  private BootClock() {}

  /** Relative to the first reading, so that machine uptime is not exposed. */
  public static long nanos() {
    return sinceBootNanos() - START;
  }

  static long sinceBootNanos() {
    if (!KNOWN) {
      return System.nanoTime();
    }
    var timespec = TIMESPEC.get();
    int _ = Libc.clockGetTime(CLOCK_BOOTTIME, timespec.address());
    return timespec.getAtIndex(JAVA_LONG, 0) * NANOS_PER_SECOND + timespec.getAtIndex(JAVA_LONG, 1);
  }
}
