package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.report.Reporter;
import dev.wiremesh.agent.time.Moment;
import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.agent.watch.LocalNetworks.GatewayNode;
import java.time.Duration;
import java.util.Optional;

/**
 * Renews the Lease of a gateway node; a gateway of several networks has one Lease. Renewed from the
 * control loop on purpose: a hung loop must let the Lease expire. Owned by the control thread.
 */
final class LeaseRenewal {
  private static final Duration EVERY = Duration.ofSeconds(10);

  private final Reporter reporter;
  private MonotonicTime renewedAt = MonotonicTime.LONG_AGO;

  LeaseRenewal(Reporter reporter) {
    this.reporter = reporter;
  }

  void renew(Optional<GatewayNode> gateway, Moment now) {
    if (gateway.isPresent() && !now.monotonic().isBefore(renewedAt.plus(EVERY))) {
      renewedAt = now.monotonic();
      reporter.renewLease(gateway.get(), now.wall());
    }
  }
}
