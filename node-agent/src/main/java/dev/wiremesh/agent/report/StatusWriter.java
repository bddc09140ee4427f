package dev.wiremesh.agent.report;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Queue of writes to the API server with the newest write of each object, so that the control loop
 * never waits for the server. A failed write is retried with a backoff of its own, until a newer
 * one replaces it or the object is deleted.
 *
 * <p>Thread-safe; one platform thread sends.
 */
public final class StatusWriter implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(StatusWriter.class);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final int MOST_DOUBLINGS = 5;

  /** One write to the API server. */
  @FunctionalInterface
  public interface Write {
    void send();
  }

  private record Pending(String object, Write write, int failures, long dueNanos) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // Guarded by lock.
  private final Map<String, Pending> pending = new HashMap<>();
  private boolean closed;

  private final Thread thread = Thread.ofPlatform().daemon().name("status writer").start(this::run);

  /**
   * @param object kind and name; replaces a pending write of the same object
   */
  public void submit(String object, Write write) {
    put(new Pending(object, write, 0, System.nanoTime()));
  }

  private void put(Pending one) {
    lock.lock();
    try {
      pending.put(one.object(), one);
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      for (var next = take(); next != null; next = take()) {
        send(next);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The write that is due first, once it is; null when closed. */
  private @Nullable Pending take() throws InterruptedException {
    lock.lock();
    try {
      while (!closed) {
        var first = pending.values().stream().min(Comparator.comparingLong(Pending::dueNanos));
        if (first.isEmpty()) {
          changed.await();
          continue;
        }
        long wait = first.get().dueNanos() - System.nanoTime();
        if (wait <= 0) {
          pending.remove(first.get().object());
          return first.get();
        }
        var _ = changed.await(wait, TimeUnit.NANOSECONDS);
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  private void send(Pending one) {
    try {
      one.write().send();
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return;
      }
      log.atWarn()
          .addKeyValue("object", one.object())
          .addKeyValue("code", e.getCode())
          .addKeyValue("cause", String.valueOf(e.getMessage()))
          .log("Write failed, retrying");
      again(one);
    } catch (RuntimeException e) {
      log.atError().addKeyValue("object", one.object()).setCause(e).log("Write failed, retrying");
      again(one);
    }
  }

  private void again(Pending one) {
    int doublings = Math.min(one.failures(), MOST_DOUBLINGS);
    var pause = FIRST_PAUSE.multipliedBy(1L << doublings);
    var retry =
        new Pending(
            one.object(), one.write(), one.failures() + 1, System.nanoTime() + pause.toNanos());
    lock.lock();
    try {
      pending.putIfAbsent(one.object(), retry);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
    thread.interrupt();
  }
}
