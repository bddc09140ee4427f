package dev.wiremesh.operator.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class LeaseExpiryTest {
  private final LeaseExpiry judge = new LeaseExpiry(Duration.ofSeconds(60));

  @Test
  void whoRenewsIsNotStalledWhateverItsClockSays() {
    for (int second = 0; second < 600; second += 10) {
      // A clock that goes backwards renews all the same.
      assertThat(stalled(Map.of("a", "2026-01-01T00:00:" + (600 - second)), second)).isFalse();
    }
  }

  @Test
  void leaseThatStandsStillIsStalledAfterItsTime() {
    assertThat(stalled(Map.of("a", "x"), 0)).isFalse();
    assertThat(stalled(Map.of("a", "x"), 60)).isFalse();
    assertThat(stalled(Map.of("a", "x"), 61)).isTrue();
    assertThat(stalled(Map.of("a", "y"), 62)).isFalse();
  }

  @Test
  void whoWasFirstSeenWithAnOldLeaseHasTheWholeTime() {
    assertThat(stalled(Map.of("a", "1970-01-01T00:00:00Z"), 1000)).isFalse();
    assertThat(stalled(Map.of("a", "1970-01-01T00:00:00Z"), 1060)).isFalse();
  }

  @Test
  void nobodyIsLostForAnOutageOfTheApi() {
    assertThat(stalled(Map.of("a", "x"), 0)).isFalse();
    judge.blind();
    assertThat(stalled(Map.of("a", "x"), 3600)).isFalse();
    assertThat(stalled(Map.of("a", "x"), 3660)).isFalse();
    assertThat(stalled(Map.of("a", "x"), 3661)).isTrue();
  }

  @Test
  void whoWasLostStaysSoUntilItRenews() {
    judge.lost("a", "x");
    judge.blind();
    assertThat(stalled(Map.of("a", "x"), 0)).isTrue();
    assertThat(judge.isLost("a")).isTrue();
    assertThat(stalled(Map.of("a", "y"), 1)).isFalse();
    assertThat(judge.isLost("a")).isFalse();
  }

  @Test
  void whoseLeaseIsGoneIsForgotten() {
    judge.lost("a", "x");
    assertThat(stalled(Map.of(), 0)).isFalse();
    assertThat(judge.isLost("a")).isFalse();
  }

  private boolean stalled(Map<String, String> renewals, int second) {
    return judge.stalled(renewals, Duration.ofSeconds(second).toNanos()).contains("a");
  }
}
