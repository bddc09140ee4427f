package dev.wiremesh.wireguard.crypto.selection;

import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.crypto.selection.CipherBenchmark.Ranking;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Repeats the benchmark of a candidate, with growing pauses, until it has a result, and switches to
 * the candidate if it is faster.
 */
final class BackgroundBenchmark {
  private static final Logger log = LoggerFactory.getLogger(BackgroundBenchmark.class);

  /** Pauses after runs without a result: on a busy machine the compiler needs time. */
  private static final List<Duration> PAUSES =
      List.of(
          Duration.ofSeconds(10),
          Duration.ofMinutes(1),
          Duration.ofMinutes(10),
          Duration.ofHours(1));

  /** One run of the benchmark. */
  @FunctionalInterface
  interface Trial {
    CipherBenchmark.Measurement run() throws InterruptedException;
  }

  private final AdaptiveCipherBackend adaptive;
  private final CipherBackend candidate;

  BackgroundBenchmark(AdaptiveCipherBackend adaptive, CipherBackend candidate) {
    this.adaptive = adaptive;
    this.candidate = candidate;
  }

  /** Starts the benchmark on a thread of its own. */
  void start() {
    Thread.ofPlatform()
        .name("cipher-trial")
        .daemon()
        .priority(Thread.MIN_PRIORITY)
        .start(() -> run(this::compare, CipherBenchmark.REAL_TIME));
  }

  private CipherBenchmark.Measurement compare() throws InterruptedException {
    try (var packets = new BenchmarkPackets(adaptive.current(), candidate)) {
      return new CipherBenchmark(packets, CipherBenchmark.REAL_TIME).run();
    }
  }

  void run(Trial trial, CipherBenchmark.Time time) {
    try {
      var result = decide(trial, time);
      if (result.ranking() == Ranking.FASTER) {
        adaptive.use(candidate);
      }
      log.atInfo()
          .addKeyValue("cipher", adaptive.name())
          .addKeyValue("candidate", candidate.name())
          .addKeyValue("result", result)
          .log("Cipher backend chosen");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | LinkageError e) {
      log.atWarn()
          .setCause(e)
          .addKeyValue("cipher", adaptive.name())
          .addKeyValue("candidate", candidate.name())
          .log("Cipher backend failed its benchmark and is not used");
    }
  }

  private static CipherBenchmark.Measurement decide(Trial trial, CipherBenchmark.Time time)
      throws InterruptedException {
    var result = trial.run();
    for (var pause : PAUSES) {
      if (result.ranking() != Ranking.UNDECIDED) {
        break;
      }
      log.atDebug().addKeyValue("result", result).log("Cipher benchmark without a result");
      time.pause(pause.toNanos());
      result = trial.run();
    }
    return result;
  }
}
