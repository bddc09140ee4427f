package dev.wiremesh.wireguard.daemon;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * On SIGTERM and SIGINT: ends the daemon in order, and the process with status 0 as wireguard-go
 * does; left to itself the virtual machine would say 143.
 */
final class ShutdownHook extends Thread {
  private static final long PATIENCE_SECONDS = 5;

  private final Daemon daemon;
  private final CountDownLatch closed = new CountDownLatch(1);

  ShutdownHook(Daemon daemon) {
    super("shutdown");
    this.daemon = daemon;
  }

  /** The daemon is closed. */
  void closed() {
    closed.countDown();
  }

  @Override
  public void run() {
    daemon.stop();
    try {
      boolean inTime = closed.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
      Runtime.getRuntime().halt(inTime ? 0 : 1);
    } catch (InterruptedException e) {
      Runtime.getRuntime().halt(1);
    }
  }
}
