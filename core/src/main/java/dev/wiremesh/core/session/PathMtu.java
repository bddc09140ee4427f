package dev.wiremesh.core.session;

import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The largest packet that passes inside the tunnel to one other node, by echo requests of several
 * lengths. It finds paths that drop large packets without an ICMP error (PMTU black holes). An
 * immutable value: the requests of {@link #lengths} are sent, and each {@link #step} returns the
 * next value. Steps are a second apart.
 *
 * <p>A check sends the present length and a small one three times. If only the small one is
 * answered, a search sends all candidate lengths three times; the longest answered one is the
 * limit. A limit is searched anew now and then, since paths get better.
 *
 * @param ceiling length that the underlay's interfaces and routes admit
 * @param floor shortest limit
 * @param limit length that passes, as far as it is known
 * @param round the present check or search
 * @param pause steps until the next check
 * @param checks checks since the last search
 */
public record PathMtu(int ceiling, int floor, int limit, Round round, int pause, int checks) {

  /**
   * A check or search and its answers so far.
   *
   * @param asked requests of each length
   * @param smallAnswers answers to small requests
   * @param longestAnswered longest answered length
   */
  public record Round(Phase phase, int asked, int smallAnswers, int longestAnswered) {
    static Round begin(Phase phase) {
      return new Round(phase, 0, 0, 0);
    }
  }

  /** Purpose of a round of echo requests. */
  public enum Phase {
    IDLE,
    CHECKING,
    SEARCHING
  }

  /** Length of a small request: every path carries it. */
  public static final int SMALL = 72;

  private static final int ATTEMPTS = 3;
  private static final int ENOUGH_SMALL_ANSWERS = 2;
  private static final int UNREACHABLE_WAIT = 10;
  private static final int CHECKS_BEFORE_ANOTHER_SEARCH = 10;

  private static final int[] CANDIDATES = {
    8900, 4400, 2000, 1420, 1400, 1380, 1360, 1340, 1320, 1300, 1280, 1240, 1200, 1100, 1000, 800,
    576
  };

  /**
   * A path that is not known yet, to be checked at once.
   *
   * @param ceiling at least as large as the floor
   */
  public static PathMtu unknown(int ceiling, int floor) {
    return new PathMtu(ceiling, floor, ceiling, Round.begin(Phase.CHECKING), 0, 0);
  }

  public boolean isLimited() {
    return limit < ceiling;
  }

  /** The lengths of the requests to send now; mostly none. */
  public List<Integer> lengths() {
    if (round.asked == ATTEMPTS) {
      return List.of();
    }
    return switch (round.phase) {
      case IDLE -> List.of();
      case CHECKING -> List.of(SMALL, limit);
      case SEARCHING -> IntStream.concat(IntStream.of(SMALL), candidates()).boxed().toList();
    };
  }

  private IntStream candidates() {
    return IntStream.concat(
        IntStream.of(ceiling),
        IntStream.of(CANDIDATES).filter(length -> length < ceiling && length >= floor));
  }

  /**
   * The value after a second, in which {@link #lengths} were sent.
   *
   * @param answered lengths of requests that were answered
   * @param interval steps between two checks
   */
  public PathMtu step(Set<Integer> answered, int interval) {
    if (round.phase == Phase.IDLE) {
      if (pause > 1) {
        return idle(limit, pause - 1, checks);
      }
      boolean searchAgain = isLimited() && checks >= CHECKS_BEFORE_ANOTHER_SEARCH;
      return begin(searchAgain ? Phase.SEARCHING : Phase.CHECKING);
    }
    int small = round.smallAnswers + (answered.contains(SMALL) ? 1 : 0);
    int longest =
        Math.max(
            round.longestAnswered, answered.stream().mapToInt(Integer::intValue).max().orElse(0));
    if (round.phase == Phase.CHECKING && longest >= limit) {
      return idle(limit, interval, checks + 1);
    }
    if (round.asked < ATTEMPTS) {
      var next = new Round(round.phase, round.asked + 1, small, longest);
      return new PathMtu(ceiling, floor, limit, next, 0, checks);
    }
    if (small < ENOUGH_SMALL_ANSWERS) {
      return idle(limit, UNREACHABLE_WAIT, checks);
    }
    return round.phase == Phase.CHECKING
        ? begin(Phase.SEARCHING)
        : idle(Math.clamp(longest, floor, ceiling), interval, 0);
  }

  private PathMtu begin(Phase next) {
    return new PathMtu(ceiling, floor, limit, Round.begin(next), 0, checks);
  }

  private PathMtu idle(int newLimit, int steps, int checked) {
    return new PathMtu(ceiling, floor, newLimit, Round.begin(Phase.IDLE), steps, checked);
  }
}
