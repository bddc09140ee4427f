package dev.wiremesh.wireguard.crypto.selection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.crypto.JdkCipherBackend;
import dev.wiremesh.wireguard.crypto.PacketCipher;
import dev.wiremesh.wireguard.crypto.selection.CipherBenchmark.Measurement;
import dev.wiremesh.wireguard.crypto.selection.CipherBenchmark.Ranking;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

/** Rankings for invented times; no clock of the machine is read. */
class CipherBenchmarkTest {
  private static final long INCUMBENT = 100_000;
  private static final long MOST_WORK = Duration.ofSeconds(5).toNanos();

  @Test
  void compiledCandidateWins() throws InterruptedException {
    assertThat(compare(round -> 70_000).ranking()).isEqualTo(Ranking.FASTER);
  }

  @Test
  void slowerCandidateLosesWhenItIsCompiled() throws InterruptedException {
    assertThat(compare(round -> round < 50 ? 6_600_000 : 120_000).ranking())
        .isEqualTo(Ranking.NOT_FASTER);
  }

  @Test
  void candidateIsWaitedForUntilTheCompilerIsDone() throws InterruptedException {
    var result = compare(round -> round < 100 ? 6_600_000 : round < 300 ? 1_500_000 : 70_000);
    assertThat(result.ranking()).isEqualTo(Ranking.FASTER);
  }

  @Test
  void candidateThatIsNeverCompiledHasNoResult() throws InterruptedException {
    var result = compare(round -> 6_600_000);
    assertThat(result.ranking()).isEqualTo(Ranking.UNDECIDED);
  }

  @Test
  void slownessOfTheMachineMeetsBoth() throws InterruptedException {
    var random = new Random(7);
    var workload = new Invented(round -> 70_000 + busy(random), round -> INCUMBENT + busy(random));
    assertThat(new CipherBenchmark(workload, workload).run().ranking()).isEqualTo(Ranking.FASTER);
  }

  @Test
  void trialIsShortAndLeavesTheMachineToOthers() throws InterruptedException {
    for (long nanos : new long[] {70_000, 120_000, 6_600_000, 300_000_000}) {
      var workload = new Invented(round -> nanos, round -> INCUMBENT);
      new CipherBenchmark(workload, workload).run();
      assertThat(workload.work).as("%d ns a round", nanos).isLessThan(MOST_WORK);
      assertThat(workload.paused).isGreaterThanOrEqualTo(2 * workload.work - nanos);
    }
  }

  @Test
  void resultsOfTheCompiledCodeAreChecked() throws InterruptedException {
    var workload = new Invented(round -> 70_000, round -> INCUMBENT);
    new CipherBenchmark(workload, workload).run();
    assertThat(workload.checkedAtRound).hasSize(2);
    assertThat(workload.checkedAtRound.getLast()).isEqualTo(workload.rounds);
  }

  @Test
  void trialWithoutAResultIsRepeatedLater() {
    var adaptive = new AdaptiveCipherBackend(new JdkCipherBackend(), self -> {});
    var candidate = new Named("candidate");
    var results =
        new ArrayDeque<>(
            List.of(
                new Measurement(100, 6600, false),
                new Measurement(100, 400, true),
                new Measurement(100, 70, true)));
    var time = new Invented(round -> 0, round -> 0);
    new BackgroundBenchmark(adaptive, candidate).run(results::removeFirst, time);
    assertThat(adaptive.name()).isEqualTo("candidate");
    assertThat(time.paused).isEqualTo(Duration.ofSeconds(70).toNanos());
  }

  @Test
  void trialsEndWhenTheCompilerNeverComes() {
    var adaptive = new AdaptiveCipherBackend(new JdkCipherBackend(), self -> {});
    var trials = new int[1];
    new BackgroundBenchmark(adaptive, new Named("candidate"))
        .run(
            () -> {
              trials[0]++;
              return new Measurement(100, 6600, false);
            },
            new Invented(round -> 0, round -> 0));
    assertThat(adaptive.name()).isEqualTo("jdk");
    assertThat(trials[0]).isEqualTo(5);
  }

  private static Measurement compare(IntToLongFunction candidate) throws InterruptedException {
    var workload = new Invented(candidate, round -> INCUMBENT);
    return new CipherBenchmark(workload, workload).run();
  }

  /** Time of other work on the machine, short in most rounds. */
  private static long busy(Random random) {
    return random.nextInt(10) == 0 ? random.nextInt(2_000) : random.nextInt(5_000_000);
  }

  private record Named(String name) implements CipherBackend {
    @Override
    public PacketCipher newCipher() {
      throw new AssertionError("this test seals no packet");
    }
  }

  /** A workload and a clock: time passes by the rounds alone. */
  private static final class Invented
      implements CipherBenchmark.CipherWorkload, CipherBenchmark.Time {
    private final IntToLongFunction candidate;
    private final IntToLongFunction incumbent;
    private final List<Integer> checkedAtRound = new ArrayList<>();
    private int rounds;
    private long work;
    private long paused;

    Invented(IntToLongFunction candidate, IntToLongFunction incumbent) {
      this.candidate = candidate;
      this.incumbent = incumbent;
    }

    @Override
    public void requireSameResults() {
      checkedAtRound.add(rounds);
    }

    @Override
    public void runMixture() {
      work += 1000;
    }

    @Override
    public long candidateNanos() {
      long nanos = candidate.applyAsLong(rounds++);
      work += nanos;
      return nanos;
    }

    @Override
    public long incumbentNanos() {
      long nanos = incumbent.applyAsLong(rounds);
      work += nanos;
      return nanos;
    }

    @Override
    public long nanos() {
      return work + paused;
    }

    @Override
    public void pause(long nanos) {
      paused += nanos;
    }
  }
}
