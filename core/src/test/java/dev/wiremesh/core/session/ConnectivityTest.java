package dev.wiremesh.core.session;

import static dev.wiremesh.core.session.Connectivity.CONNECTED;
import static dev.wiremesh.core.session.Connectivity.STALE;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConnectivityTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  @ParameterizedTest
  @CsvSource({
    // keepalive, age of the last handshake, before, after
    "25,   0,           , CONNECTED",
    "25, 149,           , CONNECTED",
    "25, 150,           , STALE",
    "25, 150,  CONNECTED, CONNECTED",
    "25, 179,  CONNECTED, CONNECTED",
    "25, 180,  CONNECTED, STALE",
    "25, 160,  STALE    , STALE",
    "25, 149,  STALE    , CONNECTED",
    "100, 299, STALE    , CONNECTED",
    "100, 300, STALE    , STALE",
    "100, 329, CONNECTED, CONNECTED",
    "0, 149,            , CONNECTED",
    "0, 150,            , UNKNOWN",
    "0, 179,   CONNECTED, CONNECTED",
    "0, 180,   CONNECTED, UNKNOWN",
    "25, -60,           , CONNECTED"
  })
  void stateFollowsTheAgeOfTheLastHandshake(
      int keepalive, int age, @Nullable Connectivity before, Connectivity after) {
    assertThat(Connectivity.of(before, NOW.minusSeconds(age), Duration.ofSeconds(keepalive), NOW))
        .isEqualTo(after);
  }

  @Test
  void peerWithoutHandshakeWasNeverConnected() {
    assertThat(Connectivity.of(null, null, Duration.ofSeconds(25), NOW))
        .isEqualTo(Connectivity.NEVER);
  }

  @Test
  void expiringSessionChangesStateOnce() {
    var state = CONNECTED;
    int changes = 0;
    for (int age = 0; age < 400; age++) {
      var next = Connectivity.of(state, NOW, Duration.ofSeconds(25), NOW.plusSeconds(age));
      changes += next == state ? 0 : 1;
      state = next;
    }
    assertThat(state).isEqualTo(STALE);
    assertThat(changes).isEqualTo(1);
  }
}
