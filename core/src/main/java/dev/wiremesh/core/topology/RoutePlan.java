package dev.wiremesh.core.topology;

import dev.wiremesh.core.net.IpPrefix;

/** A unicast route to the network's device. */
public record RoutePlan(IpPrefix destination) implements Comparable<RoutePlan> {
  @Override
  public int compareTo(RoutePlan other) {
    return destination.compareTo(other.destination);
  }
}
