package dev.wiremesh.core.session;

import java.time.Duration;

/**
 * The liveness of a peer inside the tunnel, by its replies to an echo request a second and by other
 * packets from it. An immutable value: each {@link #step} returns the next one.
 *
 * <p>Three requests in a row without a packet from the peer make it dead. A peer that has never
 * answered a request (a firewall that drops ICMP) still confirms received packets by a keepalive
 * after 10 s, and is dead after 25 such requests. A dead peer is alive again when it was heard in
 * three steps in a row. Steps after a pause of the caller count for neither, since there was no
 * request.
 *
 * @param state the decision
 * @param answers whether the peer has answered an echo request
 * @param silentSteps requests without a packet from the peer, since the last packet
 * @param heardSteps steps in a row in which it was heard
 * @param aliveSinceNanos when it became alive; meaningful in that state alone
 * @param recentDeaths transitions to dead, until it was alive for {@link #FORGIVEN_AFTER}
 * @param steppedNanos time of the last step
 */
public record PeerLiveness(
    State state,
    boolean answers,
    int silentSteps,
    int heardSteps,
    long aliveSinceNanos,
    int recentDeaths,
    long steppedNanos) {

  /** The state of a peer. */
  public enum State {
    /** Neither heard nor silent for long enough. */
    UNKNOWN,
    ALIVE,
    DEAD
  }

  /**
   * The packets of a peer since the last step.
   *
   * @param answered whether it answered an echo request
   * @param received whether there was any other packet
   */
  public record Heard(boolean answered, boolean received) {
    public static final Heard NOTHING = new Heard(false, false);
  }

  /** Interval of steps, each with an echo request. */
  public static final Duration INTERVAL = Duration.ofSeconds(1);

  /** A peer that is alive for so long is stable again. */
  public static final Duration FORGIVEN_AFTER = Duration.ofMinutes(10);

  static final int DEAD_AFTER = 3;
  static final int DEAD_AFTER_WITHOUT_ANSWERS = 25;
  private static final int ALIVE_AFTER = 3;
  private static final Duration HOLD = Duration.ofSeconds(30);
  private static final Duration LONGEST_HOLD = Duration.ofMinutes(10);
  private static final int MOST_DOUBLINGS = 5;
  private static final Duration PAUSE = INTERVAL.multipliedBy(5).dividedBy(2);

  /** A peer that is watched from now on. */
  public static PeerLiveness begin(long nowNanos) {
    return new PeerLiveness(State.UNKNOWN, false, 0, 0, nowNanos, 0, nowNanos);
  }

  /** The liveness after one more interval. */
  public PeerLiveness step(Heard heard, long nowNanos) {
    boolean paused = nowNanos - steppedNanos > PAUSE.toNanos();
    boolean isHeard = heard.answered() || heard.received();
    int silent = isHeard ? 0 : paused ? silentSteps : silentSteps + 1;
    int heardNow = isHeard ? heardSteps + 1 : paused ? heardSteps : 0;
    boolean ever = answers || heard.answered();
    boolean lost = silent >= (ever ? DEAD_AFTER : DEAD_AFTER_WITHOUT_ANSWERS);
    return switch (state) {
      case UNKNOWN ->
          isHeard
              ? new PeerLiveness(State.ALIVE, ever, 0, heardNow, nowNanos, recentDeaths, nowNanos)
              : new PeerLiveness(
                  lost ? State.DEAD : State.UNKNOWN, ever, silent, 0, nowNanos, 0, nowNanos);
      case ALIVE -> {
        boolean forgiven = nowNanos - aliveSinceNanos >= FORGIVEN_AFTER.toNanos();
        int deaths = forgiven ? 0 : recentDeaths;
        yield lost
            ? new PeerLiveness(State.DEAD, ever, silent, 0, nowNanos, deaths + 1, nowNanos)
            : new PeerLiveness(
                State.ALIVE, ever, silent, heardNow, aliveSinceNanos, deaths, nowNanos);
      }
      case DEAD ->
          new PeerLiveness(
              heardNow >= (ever ? ALIVE_AFTER : 1) ? State.ALIVE : State.DEAD,
              ever,
              silent,
              heardNow,
              nowNanos,
              recentDeaths,
              nowNanos);
    };
  }

  /**
   * Whether the peer was alive for long enough to be preferred to another live one: 30 s, doubled
   * with each recent death, up to ten minutes.
   */
  public boolean isStable(long nowNanos) {
    var hold = HOLD.multipliedBy(1L << Math.clamp(recentDeaths - 1, 0, MOST_DOUBLINGS));
    var wanted = hold.compareTo(LONGEST_HOLD) > 0 ? LONGEST_HOLD : hold;
    return state == State.ALIVE && nowNanos - aliveSinceNanos >= wanted.toNanos();
  }
}
