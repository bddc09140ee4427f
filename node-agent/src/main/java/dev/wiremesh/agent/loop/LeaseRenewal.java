package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.report.Reporter;
import dev.wiremesh.agent.watch.LocalNetworks.GatewayNode;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A gateway shows that it lives by a Lease: one a node, however many networks it is a gateway of.
 * That it is renewed from the control loop is meant so: an agent whose loop hangs has nothing to
 * say of its peers. Owned by the control thread.
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
