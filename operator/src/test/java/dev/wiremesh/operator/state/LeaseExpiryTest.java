package dev.wiremesh.operator.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class LeaseExpiryTest {
  private final LeaseExpiry expiry = new LeaseExpiry(Duration.ofSeconds(60));

  @Test
  void renewedLeaseIsNotStalledWhateverItsTimeSays() {
    for (int second = 0; second < 600; second += 10) {
      // A renewal by a clock that goes backwards is a renewal.
      assertThat(stalled(Map.of("a", "2026-01-01T00:00:" + (600 - second)), second)).isFalse();
    }
  }

  @Test
  void unchangedLeaseIsStalledAfterItsTime() {
    assertThat(stalled(Map.of("a", "x"), 0)).isFalse();
    assertThat(stalled(Map.of("a", "x"), 60)).isFalse();
    assertThat(stalled(Map.of("a", "x"), 61)).isTrue();
    assertThat(stalled(Map.of("a", "y"), 62)).isFalse();
  }

  @Test
  void oldLeaseHasTheWholeTimeFromItsFirstObservation() {
    assertThat(stalled(Map.of("a", "1970-01-01T00:00:00Z"), 1000)).isFalse();
    assertThat(stalled(Map.of("a", "1970-01-01T00:00:00Z"), 1060)).isFalse();
  }

  @Test
  void interruptedWatchStallsNoLease() {
    assertThat(stalled(Map.of("a", "x"), 0)).isFalse();
    expiry.blind();
    assertThat(stalled(Map.of("a", "x"), 3600)).isFalse();
    assertThat(stalled(Map.of("a", "x"), 3660)).isFalse();
    assertThat(stalled(Map.of("a", "x"), 3661)).isTrue();
  }

  @Test
  void lostNodeStaysLostUntilItsLeaseIsRenewed() {
    expiry.lost("a", "x");
    expiry.blind();
    assertThat(stalled(Map.of("a", "x"), 0)).isTrue();
    assertThat(expiry.isLost("a")).isTrue();
    assertThat(stalled(Map.of("a", "y"), 1)).isFalse();
    assertThat(expiry.isLost("a")).isFalse();
  }

  @Test
  void nodeWithoutALeaseIsForgotten() {
    expiry.lost("a", "x");
    assertThat(stalled(Map.of(), 0)).isFalse();
    assertThat(expiry.isLost("a")).isFalse();
  }

  private boolean stalled(Map<String, String> renewals, int second) {
    return expiry.stalled(renewals, Duration.ofSeconds(second).toNanos()).contains("a");
  }
}
