package dev.wiremesh.wireguard.daemon;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Shuts the daemon down on SIGTERM and SIGINT, and ends the process with status 0 as wireguard-go
 * does; the virtual machine's own status would be 143.
 */
final class ShutdownHook extends Thread {
  private static final long PATIENCE_SECONDS = 5;

  private static final int FAILED = 1;

  private final CountDownLatch ended = new CountDownLatch(1);
  private boolean requested;
  private @Nullable Runnable stop;
  private volatile int status = FAILED;

  ShutdownHook() {
    super("shutdown");
  }

  /** Registers the action that starts the shutdown; it runs at once if a signal came before. */
  void onRequest(Runnable begins) {
    synchronized (this) {
      stop = begins;
      if (!requested) {
        return;
      }
    }
    begins.run();
  }

  /** Shutdown is complete; the process may end. */
  void ended(int exitStatus) {
    status = exitStatus;
    ended.countDown();
  }

  @Override
  public void run() {
    Runnable begins;
    synchronized (this) {
      requested = true;
      begins = stop;
    }
    if (begins != null) {
      begins.run();
    }
    try {
      boolean inTime = ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
      Runtime.getRuntime().halt(inTime ? status : FAILED);
    } catch (InterruptedException e) {
      Runtime.getRuntime().halt(FAILED);
    }
  }
}
