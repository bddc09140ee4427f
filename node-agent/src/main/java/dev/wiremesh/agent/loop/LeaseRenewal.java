package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.report.Reporter;
import dev.wiremesh.agent.watch.LocalNetworks.GatewayNode;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Renews the Lease of a gateway node; a gateway of several networks has one Lease. Renewed from the
 * control loop on purpose: a hung loop must let the Lease expire. Owned by the control thread.
 */
final class LeaseRenewal {
  private static final Duration EVERY = Duration.ofSeconds(10);

  private final Reporter reporter;
  private Instant renewedAt = Instant.MIN;

  LeaseRenewal(Reporter reporter) {
    this.reporter = reporter;
  }

  void renew(Optional<GatewayNode> gateway, Instant now) {
    if (gateway.isPresent() && !now.isBefore(renewedAt.plus(EVERY))) {
      renewedAt = now;
      reporter.renewLease(gateway.get(), now);
    }
  }
}
