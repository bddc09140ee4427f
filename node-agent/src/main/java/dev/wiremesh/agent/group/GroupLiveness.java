package dev.wiremesh.agent.group;

import static java.util.stream.Collectors.toSet;

import dev.wiremesh.agent.device.MeshDevice;
import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.core.group.GroupChoice;
import dev.wiremesh.core.group.GroupChoice.Candidate;
import dev.wiremesh.core.group.RouteGroup;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.session.PeerLiveness;
import dev.wiremesh.core.session.PeerLiveness.Heard;
import dev.wiremesh.core.session.PeerLiveness.State;
import dev.wiremesh.core.topology.GroupPlan;
import dev.wiremesh.core.topology.GroupPlan.Member;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.PeerPlan;
import dev.wiremesh.core.view.PeerName;
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
 * The liveness of the members of a network's route groups, and the active member that follows from
 * it. Owned by the control thread.
 *
 * <p>Each second an echo request goes through the tunnel to each member; a packet of the member
 * counts as an answer. No API server is needed. The home gateway of a member judges it. Where the
 * members of a group have several home gateways, all nodes judge it, each for itself, up to {@link
 * #MOST_NODES}: a node sends to the gateway of the active member. In larger meshes the other nodes
 * follow the operator.
 */
public final class GroupLiveness {
  private static final Logger log = LoggerFactory.getLogger(GroupLiveness.class);

  /** Most nodes that judge members at other gateways: each sends an echo request a second. */
  static final int MOST_NODES = 100;

  /** An answer counts for so many later requests: a round trip may take longer than a second. */
  private static final int ANSWERED_WITHIN = 5;

  private record Asked(PeerName member, IpAddress address, long step) {}

  private final String network;
  private final LongSupplier tokens;
  private final Map<PeerName, PeerLiveness> members = new HashMap<>();
  private final Map<PublicKey, Long> receivedPackets = new HashMap<>();
  private final Map<Long, Asked> asked = new HashMap<>();
  private Map<RouteGroup, PeerName> selected = Map.of();
  private long steps;
  private long switches;

  /**
   * @param tokens the next token of an echo request of this network
   */
  public GroupLiveness(String network, LongSupplier tokens) {
    this.network = network;
    this.tokens = tokens;
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

  /**
   * Judges the members by what came since the last step, decides, and asks again.
   *
   * @param plan that is applied
   * @param replies to echo requests of this network since the last step
   * @return whether another member of a group is active now
   */
  public boolean step(
      NodePlan plan, MeshDevice device, List<EchoReply> replies, MonotonicTime now) {
    steps++;
    var groups = judged(plan);
    var watched = new HashMap<PeerName, Member>();
    groups.forEach(group -> group.members().forEach(member -> watched.put(member.name(), member)));
    var answered = answered(replies);
    var received = received(plan, device, watched.keySet(), answered);
    members.keySet().retainAll(watched.keySet());
    watched
        .keySet()
        .forEach(name -> {
          var before = members.get(name);
          members.put(
              name,
              before == null
                  ? PeerLiveness.begin(now.nanos())
                  : before.step(
                      new Heard(answered.contains(name), received.contains(name)), now.nanos()));
        });
    boolean changed = decide(groups, now);
    ask(plan, device, watched.values());
    return changed;
  }

  private Set<PeerName> answered(List<EchoReply> replies) {
    var answered = new HashSet<PeerName>();
    for (var reply : replies) {
      var request = asked.get(reply.token());
      if (request != null && request.address().equals(reply.from())) {
        asked.remove(reply.token());
        answered.add(request.member());
      }
    }
    asked.values().removeIf(request -> steps - request.step() > ANSWERED_WITHIN);
    return answered;
  }

  /** Members at this node that did not answer and sent something else. */
  private Set<PeerName> received(
      NodePlan plan, MeshDevice device, Set<PeerName> watched, Set<PeerName> answered) {
    var silent = new HashMap<PublicKey, PeerName>();
    for (var peer : plan.device().peers()) {
      if (peer.kind() == PeerPlan.Kind.OUTSIDE) {
        watched.stream()
            .filter(name -> name.toString().equals(peer.name()) && !answered.contains(name))
            .forEach(name -> silent.put(peer.publicKey(), name));
      }
    }
    var received = new HashSet<PeerName>();
    if (!silent.isEmpty()) {
      for (var snapshot : device.snapshot().peers()) {
        var name = silent.get(snapshot.publicKey());
        if (name != null) {
          long packets = snapshot.traffic().received().packets();
          var before = receivedPackets.put(snapshot.publicKey(), packets);
          if (before != null && before != packets) {
            received.add(name);
          }
        }
      }
    }
    return received;
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
    var liveness = members.getOrDefault(name, PeerLiveness.begin(now.nanos()));
    return new Candidate(name, liveness.state(), liveness.isStable(now.nanos()));
  }

  private void ask(NodePlan plan, MeshDevice device, Iterable<Member> watched) {
    var requests = new ArrayList<EchoRequest>();
    for (var member : watched) {
      pair(plan.device().addresses(), member.addresses(), tokens.getAsLong())
          .ifPresent(request -> {
            asked.put(request.token(), new Asked(member.name(), request.to(), steps));
            requests.add(request);
          });
    }
    if (!requests.isEmpty()) {
      device.echo(requests);
    }
  }

  private static Optional<EchoRequest> pair(
      List<IpAddress> own, List<IpAddress> others, long token) {
    for (var to : others) {
      for (var from : own) {
        if (from.family() == to.family()) {
          return Optional.of(EchoRequest.small(from, to, token));
        }
      }
    }
    return Optional.empty();
  }
}
