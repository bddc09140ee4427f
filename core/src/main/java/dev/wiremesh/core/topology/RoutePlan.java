package dev.wiremesh.core.topology;

import static java.util.Comparator.comparing;

import dev.wiremesh.core.net.IpPrefix;
import java.util.Comparator;

/**
 * A route of a network's routing table. Protocol and metric are the host's: the agent's {@code
 * RoutePlanner} adds them.
 */
public record RoutePlan(IpPrefix destination, Target target, RouteOrigin origin)
    implements Comparable<RoutePlan> {
  /** Where packets to the destination go. */
  public enum Target {
    /** Into the network's device. */
    DEVICE,
    /** To the next routing rule: this table does not decide (a {@code throw} route). */
    NEXT_RULE
  }

  private static final Comparator<RoutePlan> ORDER =
      comparing(RoutePlan::destination)
          .thenComparing(RoutePlan::target)
          .thenComparing(RoutePlan::origin);

  public static RoutePlan toDevice(IpPrefix destination, RouteOrigin origin) {
    return new RoutePlan(destination, Target.DEVICE, origin);
  }

  @Override
  public int compareTo(RoutePlan other) {
    return ORDER.compare(this, other);
  }
}
