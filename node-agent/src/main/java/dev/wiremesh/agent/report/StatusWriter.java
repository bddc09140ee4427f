package dev.wiremesh.agent.report;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes statuses beside the control loop, which never waits for the API server. Of each object
 * only the newest is kept; what cannot be written because the server is away is tried again for as
 * long as it is the newest.
 *
 * <p>Thread-safe; writes happen on one virtual thread.
 */
public final class StatusWriter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StatusWriter.class);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final int TOO_MANY_REQUESTS = 429;

  /** One write to the API server. */
  @FunctionalInterface
  public interface Write {
    void send();
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition filled = lock.newCondition();
  // Guarded by lock.
  private final Map<String, Write> pending = new LinkedHashMap<>();
  private boolean closed;

  private final Thread thread = Thread.ofVirtual().name("status writer").start(this::run);

  /**
   * @param object kind and name; a write that still waits for the same object is forgotten
   */
  public void submit(String object, Write write) {
    lock.lock();
    try {
      pending.put(object, write);
      filled.signal();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    var pause = FIRST_PAUSE;
    try {
      while (true) {
        var next = take();
        if (next == null) {
          return;
        }
        if (send(next)) {
          pause = FIRST_PAUSE;
        } else {
          Thread.sleep(pause);
          var doubled = pause.multipliedBy(2);
          pause = doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Map.@Nullable Entry<String, Write> take() throws InterruptedException {
    lock.lock();
    try {
      while (pending.isEmpty() && !closed) {
        filled.await();
      }
      if (closed) {
        return null;
      }
      var first = pending.entrySet().iterator().next();
      pending.remove(first.getKey());
      return Map.entry(first.getKey(), first.getValue());
    } finally {
      lock.unlock();
    }
  }

  /** False if the server is to be left alone for a while. */
  private boolean send(Map.Entry<String, Write> write) {
    try {
      write.getValue().send();
      return true;
    } catch (KubernetesClientException e) {
      boolean refused = e.getCode() >= 400 && e.getCode() < 500 && e.getCode() != TOO_MANY_REQUESTS;
      LOG.atWarn()
          .addKeyValue("object", write.getKey())
          .addKeyValue("code", e.getCode())
          .addKeyValue("cause", String.valueOf(e.getMessage()))
          .log(refused ? "Status refused" : "Status not written; trying again");
      if (!refused) {
        keep(write);
      }
      return refused;
    } catch (RuntimeException e) {
      LOG.atError().addKeyValue("object", write.getKey()).setCause(e).log("Status not written");
      return true;
    }
  }

  private void keep(Map.Entry<String, Write> write) {
    lock.lock();
    try {
      pending.putIfAbsent(write.getKey(), write.getValue());
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      filled.signal();
    } finally {
      lock.unlock();
    }
    thread.interrupt();
  }
}
