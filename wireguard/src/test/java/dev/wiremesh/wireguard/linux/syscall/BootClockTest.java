package dev.wiremesh.wireguard.linux.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class BootClockTest {
  /** {@code /proc/uptime} has hundredths of a second and includes time asleep. */
  private static final double PRINTED_TO = 0.01;

  @Test
  void readsHowLongTheMachineHasBeenUp() throws IOException {
    double before = uptime();
    double seconds = BootClock.sinceBootNanos() / 1e9;
    double after = uptime();
    assertThat(seconds).isBetween(before - PRINTED_TO, after + PRINTED_TO);
  }

  @Test
  void movesOnlyForwardAndBeginsNearZero() {
    long last = BootClock.nanos();
    assertThat(last).isBetween(0L, Duration.ofDays(1).toNanos());
    for (int i = 0; i < 10_000; i++) {
      long next = BootClock.nanos();
      assertThat(next).isGreaterThanOrEqualTo(last);
      last = next;
    }
  }

  private static double uptime() throws IOException {
    return Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ")[0]);
  }
}
