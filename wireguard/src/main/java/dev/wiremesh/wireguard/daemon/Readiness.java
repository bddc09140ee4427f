package dev.wiremesh.wireguard.daemon;

import dev.wiremesh.wireguard.linux.syscall.Libc;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;

/**
 * What a launcher that went into the background with us waits for on a pipe: a line {@code ready},
 * or our error message, and its end.
 */
final class Readiness {
  private Readiness() {}

  static void tell(int fd, String line) {
    try (var arena = Arena.ofConfined()) {
      var text = arena.allocateFrom(line + "\n", StandardCharsets.UTF_8);
      Libc.write(fd, text.address(), text.byteSize() - 1);
    }
    Libc.close(fd);
  }
}
