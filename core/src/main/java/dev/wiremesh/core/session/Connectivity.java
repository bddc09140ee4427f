package dev.wiremesh.core.session;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Connection state of a peer, derived from the age of its last handshake. A peer is connected while
 * that age is below three keepalive intervals (at least 150 s), and disconnected from 30 s later
 * on. In between the previous state stays, so that the state does not flap.
 */
public enum Connectivity {
  CONNECTED,
  /** A new handshake is overdue. */
  STALE,
  /** There was no handshake. */
  NEVER,
  /** The last handshake is old, but a peer without keepalives renews it only when it sends. */
  UNKNOWN;

  private static final Duration MIN_FRESH = Duration.ofSeconds(150);
  private static final Duration GRACE = Duration.ofSeconds(30);

  /** Value of the metric label {@code state}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The state at {@code now}.
   *
   * @param before the previous state; null for the first observation
   * @param lastHandshake null for none
   * @param keepalive the peer's keepalive interval; zero for none
   */
  public static Connectivity of(
      @Nullable Connectivity before,
      @Nullable Instant lastHandshake,
      Duration keepalive,
      Instant now) {
    if (lastHandshake == null) {
      return NEVER;
    }
    var age = Duration.between(lastHandshake, now);
    var fresh = fresh(keepalive);
    if (age.compareTo(fresh) < 0 || before == CONNECTED && age.compareTo(fresh.plus(GRACE)) < 0) {
      return CONNECTED;
    }
    return keepalive.isZero() ? UNKNOWN : STALE;
  }

  private static Duration fresh(Duration keepalive) {
    var three = keepalive.multipliedBy(3);
    return three.compareTo(MIN_FRESH) > 0 ? three : MIN_FRESH;
  }
}
