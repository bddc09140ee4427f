package dev.wiremesh.agent.observe;

import static java.util.stream.Collectors.toSet;

import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.session.PeerLiveness;
import dev.wiremesh.core.session.PeerLiveness.Heard;
import dev.wiremesh.core.session.PeerLiveness.State;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.PeerPlan;
import dev.wiremesh.wireguard.device.EchoReply;
import dev.wiremesh.wireguard.device.EchoRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The liveness of the gateways that relay between this node and others. Owned by the control
 * thread.
 *
 * <p>Each second an echo request goes through the tunnel to each gateway that has a substitute. One
 * that is dead is left out of the next plan, so that packets go by way of the substitute; the other
 * ends accept them from it and follow. No API server is needed.
 */
public final class RelayLiveness {
  private static final Logger log = LoggerFactory.getLogger(RelayLiveness.class);

  /** An answer counts for so many later requests: a round trip may take longer than a second. */
  private static final int ANSWERED_WITHIN = 5;

  private record Asked(String gateway, IpAddress address, long step) {}

  private final String network;
  private final LongSupplier tokens;
  private final Map<String, PeerLiveness> gateways = new HashMap<>();
  private final Map<Long, Asked> asked = new HashMap<>();
  private @Nullable NodePlan plan;
  private Set<String> replaceable = Set.of();
  private Set<String> dead = Set.of();
  private long steps;

  /**
   * @param tokens the next token of an echo request of this network
   */
  public RelayLiveness(String network, LongSupplier tokens) {
    this.network = network;
    this.tokens = tokens;
  }

  /** The gateways that do not answer. */
  public Set<String> dead() {
    return dead;
  }

  /**
   * Judges the gateways by the replies since the last step, and asks again.
   *
   * @param applied the plan that is applied
   * @param echo sends the requests
   * @return whether a gateway died or is back
   */
  public boolean step(
      NodePlan applied,
      List<EchoReply> replies,
      MonotonicTime now,
      Consumer<List<EchoRequest>> echo) {
    steps++;
    if (!applied.equals(plan)) {
      plan = applied;
      replaceable = replaceable(applied);
    }
    var answered = answered(replies);
    var watched =
        applied.device().peers().stream()
            .filter(peer -> replaceable.contains(peer.name()) || dead.contains(peer.name()))
            .toList();
    gateways.keySet().retainAll(watched.stream().map(PeerPlan::name).collect(toSet()));
    var requests = new ArrayList<EchoRequest>();
    for (var gateway : watched) {
      var before = gateways.get(gateway.name());
      gateways.put(
          gateway.name(),
          before == null
              ? PeerLiveness.begin(now.nanos())
              : before.step(new Heard(answered.contains(gateway.name()), false), now.nanos()));
      request(applied.device().addresses(), gateway).ifPresent(requests::add);
    }
    if (!requests.isEmpty()) {
      echo.accept(requests);
    }
    return decide();
  }

  /**
   * The peers that other peers can stand in for: those with alternate IPs, and those whose allowed
   * IPs others have as alternates.
   */
  static Set<String> replaceable(NodePlan plan) {
    var alternates = new HashSet<IpPrefix>();
    plan.device().peers().forEach(peer -> alternates.addAll(peer.prefixes().alternateIps()));
    return plan.device().peers().stream()
        .filter(peer -> peer.kind() == PeerPlan.Kind.NODE)
        .filter(peer ->
            !peer.prefixes().alternateIps().isEmpty()
                || peer.allowedIps().stream().anyMatch(alternates::contains))
        .map(PeerPlan::name)
        .collect(toSet());
  }

  private Set<String> answered(List<EchoReply> replies) {
    var answered = new HashSet<String>();
    for (var reply : replies) {
      var request = asked.get(reply.token());
      if (request != null && request.address().equals(reply.from())) {
        asked.remove(reply.token());
        answered.add(request.gateway());
      }
    }
    asked.values().removeIf(request -> steps - request.step() > ANSWERED_WITHIN);
    return answered;
  }

  private Optional<EchoRequest> request(List<IpAddress> own, PeerPlan gateway) {
    for (var to : gateway.addresses()) {
      for (var from : own) {
        if (from.family() == to.family()) {
          var request = EchoRequest.small(from, to, tokens.getAsLong());
          asked.put(request.token(), new Asked(gateway.name(), to, steps));
          return Optional.of(request);
        }
      }
    }
    return Optional.empty();
  }

  private boolean decide() {
    var now =
        gateways.entrySet().stream()
            .filter(gateway -> gateway.getValue().state() == State.DEAD)
            .map(Map.Entry::getKey)
            .collect(toSet());
    if (now.equals(dead)) {
      return false;
    }
    log.atInfo()
        .addKeyValue("network", network)
        .addKeyValue("before", dead)
        .addKeyValue("now", now)
        .log("Gateways that do not answer changed");
    dead = Set.copyOf(now);
    return true;
  }
}
