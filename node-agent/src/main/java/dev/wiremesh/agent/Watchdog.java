package dev.wiremesh.agent;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the process if the control loop hangs, so that the kubelet starts another. It takes the
 * place of a liveness probe: a probe needs a port, which another program may hold, and a failed
 * probe ends the packets. Owns one platform thread.
 */
final class Watchdog implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Watchdog.class);

  /** Failed checks in a row until the process ends. */
  static final int CHECKS = 6;

  private final BooleanSupplier alive;
  private final Runnable end;
  private int failed;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("watchdog").factory());

  /**
   * @param end called when the loop has hung for all checks; does not return in production
   */
  Watchdog(BooleanSupplier alive, Runnable end) {
    this.alive = alive;
    this.end = end;
  }

  static Watchdog start(BooleanSupplier alive, Duration every, Runnable end) {
    var watchdog = new Watchdog(alive, end);
    var _ =
        watchdog.timer.scheduleWithFixedDelay(
            watchdog::check, every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
    return watchdog;
  }

  /** One check; called by the watchdog's thread, or a test's. */
  void check() {
    if (alive.getAsBoolean()) {
      failed = 0;
      return;
    }
    failed++;
    if (failed == CHECKS) {
      log.error("The control loop hangs; ending the process, so that another is started");
      end.run();
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
