package dev.wiremesh.agent.observe;

import static java.util.stream.Collectors.toSet;

import dev.wiremesh.agent.liveness.EchoLiveness;
import dev.wiremesh.agent.liveness.EchoLiveness.Target;
import dev.wiremesh.agent.liveness.ProbeRound;
import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.PeerPlan;
import dev.wiremesh.wireguard.device.EchoRequest;
import java.util.HashSet;
import java.util.List;
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
 * <p>An echo request goes through the tunnel to each gateway that has a substitute, as {@link
 * EchoLiveness} says. One that is dead is left out of the next plan, so that packets go by way of
 * the substitute; the other ends accept them from it and follow. No API server is needed.
 */
public final class RelayLiveness {
  private static final Logger log = LoggerFactory.getLogger(RelayLiveness.class);

  private final String network;
  private final EchoLiveness<String> gateways;
  private @Nullable NodePlan plan;
  private Set<String> replaceable = Set.of();
  private Set<String> dead = Set.of();

  /**
   * @param tokens the next token of an echo request of this network
   */
  public RelayLiveness(String network, LongSupplier tokens) {
    this.network = network;
    this.gateways = new EchoLiveness<>(tokens);
  }

  /** The gateways that do not answer. */
  public Set<String> dead() {
    return dead;
  }

  /** The time of the next round, beside those of each second. */
  public MonotonicTime nextRound() {
    return gateways.nextRound();
  }

  /**
   * Judges the gateways by the replies since the last step, and asks again.
   *
   * @param applied the plan that is applied
   * @param echo sends the requests
   * @return whether a gateway died or is back
   */
  public boolean step(NodePlan applied, ProbeRound round, Consumer<List<EchoRequest>> echo) {
    if (!applied.equals(plan)) {
      plan = applied;
      replaceable = replaceable(applied);
    }
    var watched =
        applied.device().peers().stream()
            .filter(peer -> replaceable.contains(peer.name()) || dead.contains(peer.name()))
            .map(peer -> new Target<>(peer.name(), peer.addresses()))
            .toList();
    var requests = gateways.step(applied.device().addresses(), watched, round, _ -> Set.of());
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

  private boolean decide() {
    var now = gateways.dead();
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
