package dev.wiremesh.operator.kube;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/** Limits the reconciliations that run at a time, over all controllers. Thread-safe, fair. */
public final class WorkLimit {
  private final Semaphore permits;
  private final BiConsumer<String, Duration> took;

  /**
   * @param took receives the kind and the duration of each reconciliation, without the wait for a
   *     permit
   */
  public WorkLimit(int atATime, BiConsumer<String, Duration> took) {
    this.permits = new Semaphore(atATime, true);
    this.took = took;
  }

  <T> T run(String kind, Supplier<T> work) throws InterruptedException {
    permits.acquire();
    long start = System.nanoTime();
    try {
      return work.get();
    } finally {
      permits.release();
      took.accept(kind, Duration.ofNanos(System.nanoTime() - start));
    }
  }
}
