package dev.wiremesh.wireguard.crypto.selection;

import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.crypto.selection.CipherBenchmark.Outcome;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a candidate try until there is a verdict, with longer and longer pauses, and exchanges the
 * backend in use if it wins.
 */
final class BackgroundBenchmark {
  private static final Logger log = LoggerFactory.getLogger(BackgroundBenchmark.class);

  /** After a trial without a result: on a busy machine the compiler needs its time. */
  private static final List<Duration> PAUSES =
      List.of(
          Duration.ofSeconds(10),
          Duration.ofMinutes(1),
          Duration.ofMinutes(10),
          Duration.ofHours(1));

  /** One trial of the candidate. */
  @FunctionalInterface
  interface Trial {
    CipherBenchmark.Verdict run() throws InterruptedException;
  }

  private final AdaptiveCipherBackend adaptive;
  private final CipherBackend candidate;

  BackgroundBenchmark(AdaptiveCipherBackend adaptive, CipherBackend candidate) {
    this.adaptive = adaptive;
    this.candidate = candidate;
  }

  /** Begins, on a thread of its own. */
  void start() {
    Thread.ofPlatform()
        .name("cipher-trial")
        .daemon()
        .priority(Thread.MIN_PRIORITY)
        .start(() -> run(this::race, CipherBenchmark.REAL_TIME));
  }

  private CipherBenchmark.Verdict race() throws InterruptedException {
    try (var packets = new BenchmarkPackets(adaptive.current(), candidate)) {
      return new CipherBenchmark(packets, CipherBenchmark.REAL_TIME).run();
    }
  }

  void run(Trial trial, CipherBenchmark.Time time) {
    try {
      var verdict = decide(trial, time);
      if (verdict.outcome() == Outcome.FASTER) {
        adaptive.use(candidate);
      }
      log.atInfo()
          .addKeyValue("cipher", adaptive.name())
          .addKeyValue("candidate", candidate.name())
          .addKeyValue("verdict", verdict)
          .log("cipher backend chosen");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | LinkageError e) {
      log.atWarn()
          .setCause(e)
          .addKeyValue("cipher", adaptive.name())
          .addKeyValue("candidate", candidate.name())
          .log("cipher backend failed its trial and is not used");
    }
  }

  private static CipherBenchmark.Verdict decide(Trial trial, CipherBenchmark.Time time)
      throws InterruptedException {
    var verdict = trial.run();
    for (var pause : PAUSES) {
      if (verdict.outcome() != Outcome.UNDECIDED) {
        break;
      }
      log.atDebug().addKeyValue("verdict", verdict).log("cipher trial without a result");
      time.pause(pause.toNanos());
      verdict = trial.run();
    }
    return verdict;
  }
}
