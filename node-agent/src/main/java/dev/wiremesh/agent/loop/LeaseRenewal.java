package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.report.Reporter;
import dev.wiremesh.agent.time.Moment;
import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.agent.watch.LocalNetworks.LeaseHolder;
import java.time.Duration;
import java.util.Optional;

/**
 * Renews the Lease of a node; a node of several networks has one Lease. Renewed from the control
 * loop on purpose: a hung loop must let the Lease expire. Owned by the control thread.
 */
final class LeaseRenewal {
  private static final Duration AS_GATEWAY = Duration.ofSeconds(10);

  /** One small write a node: 50 a second at 1,000 nodes, half as many as their kubelets' Leases. */
  private static final Duration AS_OTHER = Duration.ofSeconds(20);

  private final Reporter reporter;
  private MonotonicTime renewedAt = MonotonicTime.LONG_AGO;

  LeaseRenewal(Reporter reporter) {
    this.reporter = reporter;
  }

  /**
   * @param holder this node; empty if it is part of no network
   */
  void renew(Optional<LeaseHolder> holder, Moment now) {
    if (holder.isPresent() && !now.monotonic().isBefore(renewedAt.plus(interval(holder.get())))) {
      renewedAt = now.monotonic();
      reporter.renewLease(holder.get(), now.wall());
    }
  }

  private static Duration interval(LeaseHolder holder) {
    return holder.gateway() ? AS_GATEWAY : AS_OTHER;
  }
}
