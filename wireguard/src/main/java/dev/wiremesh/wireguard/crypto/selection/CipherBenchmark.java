package dev.wiremesh.wireguard.crypto.selection;

import java.time.Duration;

/**
 * Races a backend against the one in use, once the compiler has made it fast.
 *
 * <p>How long the compiler takes nobody knows: on a busy machine it may not get to it while the
 * trial lasts. So a candidate that is still many times slower than the incumbent is not slow, it is
 * not compiled; that is no verdict, and it may try again later.
 *
 * <p>The trial keeps out of the packets' way: it works in short pieces with pauses twice as long
 * between them, so that it never holds more than a third of a core, and it gives up after a few
 * seconds of work.
 */
final class CipherBenchmark {
  /** What is run; all times in nanoseconds, for the same packets. */
  interface Course {
    /**
     * @throws IllegalStateException if the two do not agree
     */
    void requireSameResults();

    /** Shows the candidate packets of all kinds. */
    void runMixture();

    long candidateNanos();

    long incumbentNanos();
  }

  /** The trial's clock, and its way to wait. */
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

  /** What came out. */
  enum Outcome {
    /** Clearly, for a change is not free either. */
    FASTER,
    NOT_FASTER,
    /** The compiler is not done yet. */
    UNDECIDED
  }

  /** The best times of many, for the same packets. */
  record Verdict(long incumbentNanos, long candidateNanos, boolean settled) {
    private static final double CLEARLY = 0.95;

    /** No compiled code is so much slower. */
    private static final double NOT_COMPILED = 3;

    Outcome outcome() {
      double ratio = ratio();
      if (!settled || ratio > NOT_COMPILED) {
        return Outcome.UNDECIDED;
      }
      return ratio < CLEARLY ? Outcome.FASTER : Outcome.NOT_FASTER;
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

  /** The best time counts as found when so many pieces have not improved it by a fiftieth. */
  private static final int SETTLED_PIECES = 40;

  private final Course course;
  private final Time time;
  private long work;
  private long bestCandidate = Long.MAX_VALUE;
  private long bestIncumbent = Long.MAX_VALUE;

  CipherBenchmark(Course course, Time time) {
    this.course = course;
    this.time = time;
  }

  /**
   * Returns when neither gets any faster, or when the time is up.
   *
   * @throws IllegalStateException if the two do not agree
   */
  Verdict run() throws InterruptedException {
    course.requireSameResults();
    int piecesSinceBest = 0;
    while (piecesSinceBest < SETTLED_PIECES && work < MOST_WORK_NANOS) {
      long before = bestCandidate;
      piece();
      piecesSinceBest = improved(before) || !plausible() ? 0 : piecesSinceBest + 1;
    }
    // Only now, when it is compiled, the results are those of the code that will be used.
    course.requireSameResults();
    return new Verdict(bestIncumbent, bestCandidate, piecesSinceBest >= SETTLED_PIECES);
  }

  private boolean improved(long before) {
    return bestCandidate < before - before / 50;
  }

  private boolean plausible() {
    return bestCandidate <= Verdict.NOT_COMPILED * bestIncumbent;
  }

  /** Both in turn: whatever slows the machine down meets both. */
  private void piece() throws InterruptedException {
    long begin = time.nanos();
    do {
      course.runMixture();
      bestCandidate = Math.min(bestCandidate, course.candidateNanos());
      bestIncumbent = Math.min(bestIncumbent, course.incumbentNanos());
    } while (time.nanos() - begin < PIECE_NANOS);
    long piece = time.nanos() - begin;
    work += piece;
    time.pause(PAUSE_FACTOR * piece);
  }
}
