package dev.wiremesh.lab;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

/** A lab in the foreground: Ctrl-C interrupts it, and waits until it is removed. */
final class ForegroundLab {
  private static final int INTERRUPTED = 130;

  private final AtomicBoolean ending = new AtomicBoolean();

  /** The start of a lab, its use, and its end; answers the exit status. */
  interface Body {
    int run() throws IOException, InterruptedException;
  }

  /** Runs to the end of the lab, in the calling thread; called once. */
  int run(Body body) throws IOException, InterruptedException {
    var main = Thread.currentThread();
    var removed = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> {
              ending.set(true);
              if (removed.getCount() > 0) {
                System.err.println("Ending the lab");
                main.interrupt();
              }
              awaitQuietly(removed);
            }));
    try {
      return body.run();
    } catch (InterruptedException | RuntimeException e) {
      if (ending.get()) {
        return INTERRUPTED;
      }
      throw e;
    } finally {
      removed.countDown();
    }
  }

  private static void awaitQuietly(CountDownLatch removed) {
    try {
      removed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
