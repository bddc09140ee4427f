package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Interceptor of a client's requests: counts them, and holds one back until it is released, as a
 * network does that delivers it late. Thread-safe.
 */
final class HeldRequests implements Interceptor {
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private final List<Held> held = new CopyOnWriteArrayList<>();

  /** The first request of a method and the end of a path; it waits in the thread that made it. */
  static final class Held {
    private final String request;
    private final AtomicBoolean isTaken = new AtomicBoolean();
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    private Held(String request) {
      this.request = request;
    }

    private void pass(String next) {
      if (!matches(next, request) || !isTaken.compareAndSet(false, true)) {
        return;
      }
      reached.countDown();
      try {
        released.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** Waits until the request is there. */
    void await() throws InterruptedException {
      assertThat(reached.await(OperatorTestCluster.PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .as("a request %s", request)
          .isTrue();
    }

    void release() {
      released.countDown();
    }
  }

  /**
   * Holds the next such request.
   *
   * @param request a method and the end of a path, as in {@code GET /peers/laptop}
   */
  Held hold(String request) {
    var next = new Held(request);
    held.add(next);
    return next;
  }

  /** The number of such requests so far, those that are held included. */
  long count(String request) {
    return seen.stream().filter(one -> matches(one, request)).count();
  }

  void releaseAll() {
    held.forEach(Held::release);
  }

  private static boolean matches(String one, String request) {
    int space = request.indexOf(' ');
    return one.startsWith(request.substring(0, space + 1))
        && one.endsWith(request.substring(space + 1));
  }

  @Override
  public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
    var text = request.method() + " " + request.uri().getPath();
    seen.add(text);
    held.forEach(one -> one.pass(text));
  }
}
