package dev.wiremesh.testkit.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.testkit.process.Command;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;

/** The lock that this class holds while it runs, seen by another JVM. */
class MachineLockTest {
  private static String lockedByAnotherJvm(String how) {
    return Command.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            OtherJvm.class.getName(),
            how)
        .check()
        .strip();
  }

  @Test
  void anotherJvmMayRunOrdinaryClassesAndNoIsolatedOne() {
    assertThat(lockedByAnotherJvm("shared")).isEqualTo("true");
    assertThat(lockedByAnotherJvm("alone")).isEqualTo("false");
  }

  /** Prints whether it gets the lock at once. */
  static final class OtherJvm {
    public static void main(String[] arguments) throws IOException {
      try (var channel =
              FileChannel.open(
                  Path.of("..", "target", "tests.lock"),
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE);
          var lock = channel.tryLock(0, Long.MAX_VALUE, arguments[0].equals("shared"))) {
        System.out.println(lock != null);
      }
    }
  }
}
