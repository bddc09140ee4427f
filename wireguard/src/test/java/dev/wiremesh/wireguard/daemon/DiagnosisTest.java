package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.process.JavaProgram;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Diagnosis of a program that does not behave as expected. */
class DiagnosisTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** A program that says so and then waits, or ends with a status. */
  static final class Program {
    private Program() {}

    public static void main(String[] arguments) throws InterruptedException {
      System.out.println("begun");
      if (arguments[0].equals("wait")) {
        waitForNothing();
      }
      System.exit(3);
    }

    private static void waitForNothing() throws InterruptedException {
      new CountDownLatch(1).await();
    }
  }

  @TempDir private Path folder;

  private ManagedProcess program(String what) {
    var program =
        ManagedProcess.start(
            "program",
            JavaProgram.command(List.of("-XX:+UseSerialGC"), Program.class, what),
            Map.of(),
            folder.resolve("log"));
    await().atMost(PATIENCE).until(() -> program.lastLines(9).contains("begun"));
    return program;
  }

  @Test
  void oneThatWaitsIsSeenWaiting() {
    try (var program = program("wait")) {
      assertThat(Diagnosis.of(program))
          .contains("program: alive", "waitForNothing", "begun")
          .contains("java");
    }
  }

  @Test
  void oneThatEndedHasAStatus() {
    try (var program = program("end")) {
      await().atMost(PATIENCE).until(() -> !program.isAlive());
      assertThat(Diagnosis.of(program)).contains("program: exit status 3", "begun");
    }
  }
}
