package dev.wiremesh.testkit.process;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Work that waits beside a test, each on a thread of its own. The common pool, which futures use by
 * default, has one thread on a machine with two processors: a test that waits on it stops all
 * others.
 *
 * <p>Thread-safe: without state.
 */
public final class OwnThread {
  private static final Executor EACH = work -> Thread.ofPlatform().daemon().start(work);

  private OwnThread() {}

  public static CompletableFuture<Void> run(Runnable work) {
    return CompletableFuture.runAsync(work, EACH);
  }

  public static <T> CompletableFuture<T> supply(Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, EACH);
  }
}
