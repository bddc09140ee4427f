package dev.wiremesh.agent.mtu;

import dev.wiremesh.agent.device.MeshDevice;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.session.PathMtu;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.PeerPlan;
import dev.wiremesh.core.view.Mtu;
import dev.wiremesh.wireguard.device.EchoReply;
import dev.wiremesh.wireguard.device.EchoRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The path MTUs from this node to the other nodes of a network: each is checked once a minute by
 * echo requests inside the tunnel, in large networks less often. The smallest one limits the MTU of
 * the interface, as far as the network's MTU is automatic. Owned by the control thread.
 *
 * <p>Only nodes are probed. Clients have a conservative MTU of their own, and may be asleep.
 */
public final class PathMtuProber {
  private static final Logger log = LoggerFactory.getLogger(PathMtuProber.class);

  private static final int LEAST_WITH_IPV6 = 1280;
  private static final int LEAST = 576;
  private static final int INTERVAL_STEPS = 60;

  /** Answers are waited for so many steps. */
  private static final int ANSWERED_WITHIN = 3;

  private record Asked(String peer, IpAddress address, int length, long step) {}

  private final String network;
  private final LongSupplier tokens;
  private final Map<String, PathMtu> paths = new HashMap<>();
  private final Map<Long, Asked> asked = new HashMap<>();
  private long steps;
  private int limit;

  /**
   * @param tokens the next token of an echo request of this network
   */
  public PathMtuProber(String network, LongSupplier tokens) {
    this.network = network;
    this.tokens = tokens;
  }

  /** The smallest path MTU, in bytes of inner packets; 0 if no path is limited. */
  public int limitBytes() {
    return limit;
  }

  /**
   * Evaluates what came since the last step, and asks again.
   *
   * @param plan that is applied
   * @param replies to echo requests of this network since the last step
   * @param underlayMtu MTU that the host's interfaces and routes admit inside the tunnel; 0 if it
   *     is not known yet
   * @return whether the limit is another one now
   */
  public boolean step(NodePlan plan, MeshDevice device, List<EchoReply> replies, int underlayMtu) {
    steps++;
    var answered = answered(replies);
    var before = limit;
    if (underlayMtu == 0 || !(plan.device().mtu() instanceof Mtu.Auto)) {
      paths.clear();
      limit = 0;
      return limit != before;
    }
    int floor = Math.min(underlayMtu, usesIpv6(plan) ? LEAST_WITH_IPV6 : LEAST);
    var requests = new ArrayList<EchoRequest>();
    var peers = new HashMap<String, EchoRequest>();
    for (var peer : plan.device().peers()) {
      if (peer.kind() == PeerPlan.Kind.NODE) {
        request(plan, peer).ifPresent(request -> peers.put(peer.name(), request));
      }
    }
    paths.keySet().retainAll(peers.keySet());
    int interval = INTERVAL_STEPS + peers.size() / 2;
    peers.forEach((name, request) -> {
      var known = paths.get(name);
      var path =
          known == null || known.ceiling() != underlayMtu || known.floor() != floor
              ? PathMtu.unknown(underlayMtu, floor)
              : known.step(answered.getOrDefault(name, Set.of()), interval);
      if (known != null && known.limit() != path.limit()) {
        log.atInfo()
            .addKeyValue("network", network)
            .addKeyValue("node", name)
            .addKeyValue("before", known.limit())
            .addKeyValue("now", path.limit())
            .log("Path MTU to a node changed");
      }
      paths.put(name, path);
      for (int length : path.lengths()) {
        long token = tokens.getAsLong();
        asked.put(token, new Asked(name, request.to(), length, steps));
        requests.add(new EchoRequest(request.from(), request.to(), length, token));
      }
    });
    if (!requests.isEmpty()) {
      device.echo(requests);
    }
    limit =
        paths.values().stream().filter(PathMtu::isLimited).mapToInt(PathMtu::limit).min().orElse(0);
    return limit != before;
  }

  private Map<String, Set<Integer>> answered(List<EchoReply> replies) {
    var answered = new HashMap<String, Set<Integer>>();
    for (var reply : replies) {
      var request = asked.get(reply.token());
      if (request != null && request.address().equals(reply.from())) {
        asked.remove(reply.token());
        answered.computeIfAbsent(request.peer(), _ -> new HashSet<>()).add(request.length());
      }
    }
    asked.values().removeIf(request -> steps - request.step() > ANSWERED_WITHIN);
    return answered;
  }

  private static boolean usesIpv6(NodePlan plan) {
    return plan.device().addresses().stream().anyMatch(address -> !address.isV4())
        || plan.routing().routes().stream()
            .anyMatch(route -> !route.destination().address().isV4());
  }

  private static Optional<EchoRequest> request(NodePlan plan, PeerPlan peer) {
    for (var to : peer.addresses()) {
      for (var from : plan.device().addresses()) {
        if (from.family() == to.family()) {
          return Optional.of(EchoRequest.small(from, to, 0));
        }
      }
    }
    return Optional.empty();
  }
}
