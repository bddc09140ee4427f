package dev.wiremesh.wireguard.daemon;

import dev.wiremesh.wireguard.linux.syscall.Libc;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;

/**
 * Readiness message to the launcher of a background process, which waits on a pipe for the line
 * {@code ready} or an error message, and its end.
 */
final class Readiness {
  private Readiness() {}

  static void report(int fd, String line) {
    try (var arena = Arena.ofConfined()) {
      var text = arena.allocateFrom(line + "\n", StandardCharsets.UTF_8);
      Libc.write(fd, text.address(), text.byteSize() - 1);
    }
    Libc.close(fd);
  }
}
