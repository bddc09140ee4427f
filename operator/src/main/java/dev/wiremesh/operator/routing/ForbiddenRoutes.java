package dev.wiremesh.operator.routing;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.route.ForbiddenRanges;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.node.NodeAddresses;
import dev.wiremesh.operator.node.PodCidrs;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The ranges that no Peer may route in any network: pods, Services, nodes, the API server, the
 * nodes' resolvers and the pools of all networks. The list is never cut. Thread-safe.
 */
public final class ForbiddenRoutes {
  /** A listener for ranges that are forbidden, or no longer. */
  @FunctionalInterface
  public interface Listener {
    /**
     * Called after the change is visible to readers.
     *
     * @param affected true for a route that may be judged differently now
     */
    void changed(Predicate<IpPrefix> affected);
  }

  private final ClusterCache state;
  private final ClusterRanges ranges;
  private final PodAddresses pods = new PodAddresses();
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  // Guarded by this.
  private @Nullable ForbiddenRanges withoutPods;
  private @Nullable ForbiddenRanges all;

  public ForbiddenRoutes(ClusterCache state, ClusterRanges ranges) {
    this.state = state;
    this.ranges = ranges;
    state.nodes().listen((before, after) -> compare(before, after, ForbiddenRoutes::rangesOf));
    state.networks().listen((before, after) -> compare(before, after, ForbiddenRoutes::poolsOf));
    state
        .meshNodes()
        .listen((before, after) -> compare(before, after, ForbiddenRoutes::resolversOf));
    state
        .apiServers()
        .listen((before, after) -> compare(before, after, ClusterRanges::addressesOf));
    state
        .serviceCidrs()
        .ifPresent(
            kind -> kind.listen((before, after) -> compare(before, after, ClusterRanges::of)));
    state.readPods(this::read);
  }

  public void listen(Listener listener) {
    listeners.add(listener);
  }

  /** The forbidden ranges as of now. */
  public synchronized ForbiddenRanges current() {
    var current = all;
    if (current == null) {
      var builder = ForbiddenRanges.builder().addAll(withoutPods());
      pods.ranges()
          .forEach(range ->
              builder.forbid(
                  range, range.isSingleAddress() ? "an address of a pod" : "addresses of pods"));
      current = builder.build();
      all = current;
    }
    return current;
  }

  private synchronized ForbiddenRanges withoutPods() {
    var current = withoutPods;
    if (current == null) {
      current = read();
      withoutPods = current;
    }
    return current;
  }

  private ForbiddenRanges read() {
    var builder = ForbiddenRanges.builder();
    for (var node : state.nodes().all()) {
      var name = node.getMetadata().getName();
      NodeAddresses.of(node)
          .all()
          .forEach(address -> builder.forbid(address.toPrefix(), "the address of node " + name));
      PodCidrs.of(node).forEach(cidr -> builder.forbid(cidr, "the pods of node " + name));
    }
    ranges.services().forEach(cidr -> builder.forbid(cidr, "the cluster's Services"));
    ranges.apiServers().forEach(address -> builder.forbid(address, "an address of the API server"));
    for (var meshNode : state.meshNodes().all()) {
      var node = meshNode.getSpec().nodeName;
      resolversOf(meshNode)
          .forEach(address -> builder.forbid(address, "a name server of node " + node));
    }
    for (var network : state.networks().all()) {
      var name = network.getMetadata().getName();
      poolsOf(network).forEach(pool -> builder.forbid(pool, "an address pool of network " + name));
    }
    return builder.build();
  }

  private static List<IpPrefix> rangesOf(Node node) {
    var ranges = new ArrayList<>(PodCidrs.of(node));
    NodeAddresses.of(node).all().stream().map(IpAddress::toPrefix).forEach(ranges::add);
    return ranges;
  }

  private static List<IpPrefix> poolsOf(WireGuardNetwork network) {
    return LenientParsing.readAll(
        network.getSpec().addressPools.stream().map(pool -> pool.cidr).toList(), IpPrefix::parse);
  }

  private static List<IpPrefix> resolversOf(MeshNode node) {
    return LenientParsing.readAll(node.getStatus().resolvers, IpAddress::parse).stream()
        .map(IpAddress::toPrefix)
        .toList();
  }

  private <T> void compare(
      @Nullable T before, @Nullable T after, Function<T, List<IpPrefix>> ranges) {
    var was = before == null ? List.<IpPrefix>of() : ranges.apply(before);
    var is = after == null ? List.<IpPrefix>of() : ranges.apply(after);
    if (!was.equals(is)) {
      forget();
      var either = Stream.concat(was.stream(), is.stream()).toList();
      notifyListeners(route -> either.stream().anyMatch(route::overlaps));
    }
  }

  private void read(Pod pod) {
    var known = withoutPods();
    var widened =
        pods.add(PodAddresses.of(pod).stream().filter(address -> !known.covers(address)).toList());
    if (widened.isEmpty()) {
      return;
    }
    synchronized (this) {
      all = null;
    }
    // Nothing is judged before the first list is complete.
    if (state.podsSynced()) {
      notifyListeners(route -> widened.stream().anyMatch(route::overlaps));
    }
  }

  private synchronized void forget() {
    withoutPods = null;
    all = null;
  }

  private void notifyListeners(Predicate<IpPrefix> affected) {
    listeners.forEach(listener -> listener.changed(affected));
  }
}
