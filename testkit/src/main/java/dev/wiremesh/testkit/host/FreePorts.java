package dev.wiremesh.testkit.host;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * TCP ports of loopback that are free until their user listens on them. A port that the kernel
 * chose can be taken in between by the other end of any connection; these are below the range that
 * it chooses from, and random, so that tests side by side seldom meet.
 */
public final class FreePorts {
  // ip_local_port_range begins at 32768 unless it was changed.
  private static final int LOWEST = 20_000;
  private static final int ABOVE = 32_768;
  private static final int TRIES = 1000;

  private FreePorts() {}

  /**
   * A port that nothing listens on.
   *
   * @throws IllegalStateException if none was found
   */
  public static int next() {
    for (int i = 0; i < TRIES; i++) {
      int port = ThreadLocalRandom.current().nextInt(LOWEST, ABOVE);
      try (var _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return port;
      } catch (IOException e) {
        // taken: another one
      }
    }
    throw new IllegalStateException("no free port on loopback in " + TRIES + " tries");
  }
}
