package dev.wiremesh.wireguard.daemon;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;

/** A wall clock of daemons: a file that says by how many seconds theirs is off the system's. */
final class WallClock {
  private final Path file;

  WallClock(Path folder) {
    try {
      file = Files.createTempFile(folder, "clock", "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    set(Duration.ZERO);
  }

  Path file() {
    return file;
  }

  /** For daemons that run, too. */
  void set(Duration offset) {
    try {
      // Replaced as a whole, so that no reader sees half of it.
      var next = Files.createTempFile(file.getParent(), "next", "");
      Files.writeString(next, Long.toString(offset.toSeconds()));
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
