package dev.wiremesh.operator.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AgentLeasesTest {
  private final LeaseExpiry expiry = new LeaseExpiry(Duration.ofSeconds(60));

  /** An upgrade that renames the Lease leaves the old one, which is never renewed again. */
  @Test
  void nodeWithALeaseOfAnotherNameIsAliveAsLongAsOneIsRenewed() {
    var old = lease("old-name-a", "a", 0);

    for (int second = 0; second <= 600; second += 10) {
      assertThat(stalled(second, old, lease("wiremesh-gateway-a", "a", second))).isEmpty();
    }
    assertThat(stalled(660, lease("wiremesh-gateway-a", "a", 600), old)).isEmpty();
    assertThat(stalled(661, old, lease("wiremesh-gateway-a", "a", 600))).containsExactly("a");
  }

  @Test
  void leaseOfOneNodeDoesNotRenewAnother() {
    for (int second = 0; second <= 60; second += 10) {
      assertThat(stalled(second, lease("of-a", "a", second), lease("of-b", "b", 0))).isEmpty();
    }
    assertThat(stalled(61, lease("of-a", "a", 61), lease("of-b", "b", 0))).containsExactly("b");
  }

  private Iterable<String> stalled(int second, Lease... leases) {
    return expiry.stalled(
        AgentLeases.renewals(List.of(leases)), Duration.ofSeconds(second).toNanos());
  }

  private static Lease lease(String name, String holder, int second) {
    return new LeaseBuilder()
        .withNewMetadata()
        .withName(name)
        .endMetadata()
        .withNewSpec()
        .withHolderIdentity(holder)
        .withRenewTime(Instant.EPOCH.plusSeconds(second).atZone(ZoneOffset.UTC))
        .endSpec()
        .build();
  }
}
