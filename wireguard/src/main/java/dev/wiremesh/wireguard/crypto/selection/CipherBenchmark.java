package dev.wiremesh.wireguard.crypto.selection;

import java.time.Duration;

/**
 * Compares the speed of a backend with the one in use, once the compiler has made it fast.
 *
 * <p>The time that the compiler takes is unknown: on a busy machine it may not compile the
 * candidate during the benchmark. So a candidate that is still many times slower than the incumbent
 * is not slow but not compiled; that is no result, and the benchmark may run again later.
 *
 * <p>To leave CPU to the packets, the benchmark works in short pieces with pauses twice as long
 * between them, so that it never uses more than a third of a core, and gives up after a few seconds
 * of work.
 */
final class CipherBenchmark {
  /** The work to measure; all times in nanoseconds, for the same packets. */
  interface CipherWorkload {
    /**
     * @throws IllegalStateException if the two do not agree
     */
    void requireSameResults();

    /** Runs the candidate on packets of all kinds. */
    void runMixture();

    long candidateNanos();

    long incumbentNanos();
  }

  /** Clock and pauses of the benchmark. */
  interface Time {
    long nanos();

    void pause(long nanos) throws InterruptedException;
  }

  static final Time REAL_TIME =
      new Time() {
        @Override
        public long nanos() {
          return System.nanoTime();
        }

        @Override
        public void pause(long nanos) throws InterruptedException {
          Thread.sleep(Duration.ofNanos(nanos));
        }
      };

  /** Measurement of a run. */
  enum Ranking {
    /** Faster by a margin, because switching has a cost. */
    FASTER,
    NOT_FASTER,
    /** The compiler has not finished. */
    UNDECIDED
  }

  /** The best times of many, for the same packets. */
  record Measurement(long incumbentNanos, long candidateNanos, boolean settled) {
    private static final double CLEARLY = 0.95;

    /** Ratio of times that only code that is not compiled reaches. */
    private static final double NOT_COMPILED = 3;

    Ranking ranking() {
      double ratio = ratio();
      if (!settled || ratio > NOT_COMPILED) {
        return Ranking.UNDECIDED;
      }
      return ratio < CLEARLY ? Ranking.FASTER : Ranking.NOT_FASTER;
    }

    double ratio() {
      return (double) candidateNanos / incumbentNanos;
    }

    @Override
    public String toString() {
      return "%.2f times the time of the one before".formatted(ratio());
    }
  }

  private static final long MOST_WORK_NANOS = Duration.ofSeconds(4).toNanos();
  private static final long PIECE_NANOS = Duration.ofMillis(10).toNanos();
  private static final int PAUSE_FACTOR = 2;

  /** The best time is final when so many pieces have not improved it by a fiftieth. */
  private static final int SETTLED_PIECES = 40;

  private final CipherWorkload workload;
  private final Time time;
  private long work;
  private long bestCandidate = Long.MAX_VALUE;
  private long bestIncumbent = Long.MAX_VALUE;

  CipherBenchmark(CipherWorkload workload, Time time) {
    this.workload = workload;
    this.time = time;
  }

  /**
   * Runs until neither gets any faster or the time is up.
   *
   * @throws IllegalStateException if the two do not agree
   */
  Measurement run() throws InterruptedException {
    workload.requireSameResults();
    int piecesSinceBest = 0;
    while (piecesSinceBest < SETTLED_PIECES && work < MOST_WORK_NANOS) {
      long before = bestCandidate;
      piece();
      piecesSinceBest = improved(before) || !plausible() ? 0 : piecesSinceBest + 1;
    }
    // Checked again now that it is compiled: these are the results of the code that will be used.
    workload.requireSameResults();
    return new Measurement(bestIncumbent, bestCandidate, piecesSinceBest >= SETTLED_PIECES);
  }

  private boolean improved(long before) {
    return bestCandidate < before - before / 50;
  }

  private boolean plausible() {
    return bestCandidate <= Measurement.NOT_COMPILED * bestIncumbent;
  }

  /** Alternates between the two, so that other load on the machine affects both. */
  private void piece() throws InterruptedException {
    long begin = time.nanos();
    do {
      workload.runMixture();
      bestCandidate = Math.min(bestCandidate, workload.candidateNanos());
      bestIncumbent = Math.min(bestIncumbent, workload.incumbentNanos());
    } while (time.nanos() - begin < PIECE_NANOS);
    long piece = time.nanos() - begin;
    work += piece;
    time.pause(PAUSE_FACTOR * piece);
  }
}
