package dev.wiremesh.wireguard.linux.syscall;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;

/**
 * The {@link dev.wiremesh.wireguard.device.MonotonicClock} of Linux: it also moves on while the
 * machine sleeps, as the kernel's own WireGuard has it. With Java's clock, which stands still then,
 * a laptop would go on using a session that ended hours ago.
 *
 * <p>A reading costs hardly more than one of Java's, and no system call; the packet paths take one
 * a batch.
 */
public final class BootClock {
  private static final int CLOCK_BOOTTIME = 7;
  private static final long NANOS_PER_SECOND = Duration.ofSeconds(1).toNanos();

  private static final ThreadLocal<MemorySegment> TIMESPEC =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(JAVA_LONG, 2));

  /** A sandbox may know only the clocks that everybody uses. */
  private static final boolean KNOWN =
      Libc.clockGetTime(CLOCK_BOOTTIME, TIMESPEC.get().address()) == 0;

  private static final long START = sinceBootNanos();

  private BootClock() {}

  /** Since the first reading: how long the machine has been up is nobody's business. */
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
