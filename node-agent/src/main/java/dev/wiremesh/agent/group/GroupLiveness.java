package dev.wiremesh.agent.group;

import static java.util.stream.Collectors.toSet;

import dev.wiremesh.agent.device.MeshDevice;
import dev.wiremesh.agent.liveness.EchoLiveness;
import dev.wiremesh.agent.liveness.EchoLiveness.Target;
import dev.wiremesh.agent.liveness.ProbeRound;
import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.core.group.GroupChoice;
import dev.wiremesh.core.group.GroupChoice.Candidate;
import dev.wiremesh.core.group.RouteGroup;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.session.PeerLiveness.State;
import dev.wiremesh.core.topology.GroupPlan;
import dev.wiremesh.core.topology.GroupPlan.Member;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.PeerPlan;
import dev.wiremesh.core.view.PeerName;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The liveness of the members of a network's route groups, and the active member that follows from
 * it. Owned by the control thread.
 *
 * <p>An echo request goes through the tunnel to each member as {@link EchoLiveness} says; a packet
 * of the member counts as an answer. No API server is needed. The home gateway of a member judges
 * it. Where the members of a group have several home gateways, all nodes judge it, each for itself,
 * up to {@link #MOST_NODES}: a node sends to the gateway of the active member. In larger meshes the
 * other nodes follow the operator.
 */
public final class GroupLiveness {
  private static final Logger log = LoggerFactory.getLogger(GroupLiveness.class);

  /** Most nodes that judge members at other gateways: each sends an echo request a second. */
  static final int MOST_NODES = 100;

  private final String network;
  private final EchoLiveness<PeerName> members;

  /** Received packets of members at this node, when their last reply was overdue. */
  private final Map<PublicKey, Long> receivedPackets = new HashMap<>();

  private Map<RouteGroup, PeerName> selected = Map.of();
  private long switches;

  /**
   * @param tokens the next token of an echo request of this network
   */
  public GroupLiveness(String network, LongSupplier tokens) {
    this.network = network;
    this.members = new EchoLiveness<>(tokens);
  }

  /** The active members that this node has decided on. */
  public Map<RouteGroup, PeerName> selected() {
    return selected;
  }

  public GroupState state(NodePlan plan) {
    return new GroupState(plan.groups(), switches);
  }

  /** The groups of a plan that this node judges. */
  static List<GroupPlan> judged(NodePlan plan) {
    long nodes =
        1
            + plan.device().peers().stream()
                .filter(peer -> peer.kind() == PeerPlan.Kind.NODE)
                .count();
    return plan.groups().stream()
        .filter(group -> {
          var gateways = group.members().stream().map(Member::homeGateway).collect(toSet());
          return group.members().size() > 1
              && (gateways.contains(plan.node()) || gateways.size() > 1 && nodes <= MOST_NODES);
        })
        .toList();
  }

  /** The time of the next round, beside those of each second. */
  public MonotonicTime nextRound() {
    return members.nextRound();
  }

  /**
   * Judges the members by the replies since the last step, decides, and asks again.
   *
   * @param plan that is applied
   * @return whether another member of a group is active now
   */
  public boolean step(NodePlan plan, MeshDevice device, ProbeRound round) {
    var groups = judged(plan);
    var watched = new HashMap<PeerName, Target<PeerName>>();
    for (var group : groups) {
      for (var member : group.members()) {
        watched.put(member.name(), new Target<>(member.name(), member.addresses()));
      }
    }
    var requests =
        members.step(
            plan.device().addresses(),
            watched.values(),
            round,
            silent -> received(plan, device, silent));
    if (!requests.isEmpty()) {
      device.echo(requests);
    }
    return decide(groups, round.now());
  }

  /** The silent members at this node that sent other packets since the last call. */
  private Set<PeerName> received(NodePlan plan, MeshDevice device, Set<PeerName> silent) {
    var keys = new HashMap<PublicKey, PeerName>();
    var present = new HashSet<PublicKey>();
    for (var peer : plan.device().peers()) {
      if (peer.kind() == PeerPlan.Kind.OUTSIDE) {
        present.add(peer.publicKey());
        silent.stream()
            .filter(name -> name.toString().equals(peer.name()))
            .forEach(name -> keys.put(peer.publicKey(), name));
      }
    }
    receivedPackets.keySet().retainAll(present);
    var heard = new HashSet<PeerName>();
    if (!keys.isEmpty()) {
      for (var snapshot : device.snapshot().peers()) {
        var name = keys.get(snapshot.publicKey());
        if (name != null) {
          long packets = snapshot.traffic().received().packets();
          var before = receivedPackets.put(snapshot.publicKey(), packets);
          if (before != null && before != packets) {
            heard.add(name);
          }
        }
      }
    }
    return heard;
  }

  private boolean decide(List<GroupPlan> groups, MonotonicTime now) {
    var decided = new HashMap<RouteGroup, PeerName>();
    boolean changed = false;
    for (var group : groups) {
      var candidates =
          group.members().stream().map(member -> candidate(member.name(), now)).toList();
      if (candidates.stream().allMatch(candidate -> candidate.state() == State.UNKNOWN)) {
        continue; // the operator's decision stays
      }
      var active = GroupChoice.choose(candidates, group.active());
      decided.put(group.group(), active);
      if (!active.equals(group.active())) {
        changed = true;
        switches++;
        log.atInfo()
            .addKeyValue("network", network)
            .addKeyValue("group", group.group().namespace() + "/" + group.group().name())
            .addKeyValue("route", group.group().cidr())
            .addKeyValue("before", group.active())
            .addKeyValue("now", active)
            .log("Active peer of a group changed");
      }
    }
    changed |= !decided.equals(selected);
    selected = Map.copyOf(decided);
    return changed;
  }

  private Candidate candidate(PeerName name, MonotonicTime now) {
    var liveness = members.of(name, now);
    return new Candidate(name, liveness.state(), liveness.isStable(now.nanos()));
  }
}
