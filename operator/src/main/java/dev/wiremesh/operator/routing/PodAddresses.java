package dev.wiremesh.operator.routing;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.net.PrefixMap;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.net.Prefixes;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * Addresses that pods have had since the operator started, in bounded memory. Where the CNI plugin
 * manages addresses itself, Nodes do not list the pods' ranges, and these addresses are all that is
 * known of them. Thread-safe.
 *
 * <p>An address stays when its pod ends, since the plugin gives it to the next pod, and a route
 * must not come and go with the restarts of a pod. Too many addresses are widened to blocks, so
 * that nothing is forgotten.
 */
public final class PodAddresses {
  private static final int MOST = 8192;

  private final int most;
  // Guarded by this.
  private final TreeSet<IpPrefix> ranges = new TreeSet<>();
  private PrefixMap<Boolean> index = new PrefixMap<>();

  public PodAddresses() {
    this(MOST);
  }

  PodAddresses(int most) {
    this.most = most;
  }

  /** The addresses of a pod; none for a pod on its node's own network. */
  static List<IpPrefix> of(Pod pod) {
    var status = pod.getStatus();
    boolean onHostNetwork =
        pod.getSpec() != null && Boolean.TRUE.equals(pod.getSpec().getHostNetwork());
    if (status == null || onHostNetwork) {
      return List.of();
    }
    var texts = new TreeSet<String>();
    if (status.getPodIP() != null) {
      texts.add(status.getPodIP());
    }
    if (status.getPodIPs() != null) {
      status.getPodIPs().stream().map(it -> String.valueOf(it.getIp())).forEach(texts::add);
    }
    return LenientParsing.readAll(List.copyOf(texts), IpAddress::parse).stream()
        .map(IpAddress::toPrefix)
        .toList();
  }

  /** Adds addresses; returns the ranges that were not forbidden before or are wider now. */
  synchronized List<IpPrefix> add(Collection<IpPrefix> addresses) {
    var added = addresses.stream().filter(address -> !index.covers(address)).toList();
    ranges.addAll(added);
    added.forEach(address -> index.put(address, true));
    if (ranges.size() <= most) {
      return added;
    }
    // Half of the limit, so that not each further address widens again.
    var fewer = Prefixes.atMost(ranges, most / 2);
    ranges.clear();
    ranges.addAll(fewer);
    index = new PrefixMap<>();
    fewer.forEach(range -> index.put(range, true));
    return fewer;
  }

  /** Prefixes that contain all addresses, sorted. */
  synchronized List<IpPrefix> ranges() {
    return List.copyOf(ranges);
  }
}
