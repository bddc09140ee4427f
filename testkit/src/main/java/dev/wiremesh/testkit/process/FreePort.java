package dev.wiremesh.testkit.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * TCP ports for servers that other programs open, or open again after a restart. They are below the
 * kernel's range for outgoing connections, any of which could otherwise take the port while no
 * server listens on it.
 *
 * <p>Thread-safe: each port is returned once in this JVM.
 */
public final class FreePort {
  private static final Path OUTGOING = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
  private static final int LOWEST = 11_000;
  private static final int DEFAULT_OUTGOING = 32_768;
  private static final int ATTEMPTS = 1_000;
  private static final Set<Integer> TAKEN = ConcurrentHashMap.newKeySet();

  private FreePort() {}

  /** A port on which nothing listens, at whatever address. */
  public static int choose() {
    int end = firstOutgoing();
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      int port = ThreadLocalRandom.current().nextInt(LOWEST, end);
      if (TAKEN.add(port) && isFree(port)) {
        return port;
      }
    }
    throw new IllegalStateException("no free TCP port between %d and %d".formatted(LOWEST, end));
  }

  private static int firstOutgoing() {
    try {
      var first = Integer.parseInt(Files.readString(OUTGOING).strip().split("\\s+")[0]);
      return first > LOWEST + ATTEMPTS ? first : DEFAULT_OUTGOING;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isFree(int port) {
    try (var socket = new ServerSocket(port)) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }
}
