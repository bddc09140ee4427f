package dev.wiremesh.core.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.Seeds;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.route.MeshMembers;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.core.view.RouteDecision.State;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class TopologyPropertiesTest {
  private static final int ROUNDS = 2_000;

  private final Random random = Seeds.random();
  private final RandomMeshes meshes = new RandomMeshes(random);

  @Test
  void orderOfTheInputDoesNotChangeThePlan() {
    for (int i = 0; i < ROUNDS; i++) {
      var view = meshes.view();
      var shuffled = shuffled(view);
      assertThat(Meshes.members(shuffled)).isEqualTo(Meshes.members(view));
      for (var node : view.nodes()) {
        assertThat(Meshes.planFor(node.name(), shuffled))
            .isEqualTo(Meshes.planFor(node.name(), view));
      }
    }
  }

  @Test
  void addressesAndKeysOfOthersStayWhenANodeOrPeerJoinsOrLeaves() {
    for (int i = 0; i < ROUNDS; i++) {
      var view = meshes.view();
      var nodes = new ArrayList<>(view.nodes());
      var peers = new ArrayList<>(view.peers());
      if (random.nextBoolean()) {
        nodes.remove(random.nextInt(nodes.size()));
      }
      if (random.nextBoolean()) {
        nodes.add(meshes.node(7));
      }
      if (random.nextBoolean() && !peers.isEmpty()) {
        peers.remove(random.nextInt(peers.size()));
      }
      peers.add(meshes.peer(17, nodes.size()));
      var other = new MeshView(view.network(), nodes, peers);

      for (var node : view.nodes()) {
        var before = Meshes.planFor(node.name(), view);
        var after = Meshes.planFor(node.name(), other);
        if (after.isPresent()) {
          assertThat(after.get().device().addresses())
              .isEqualTo(before.orElseThrow().device().addresses());
        }
      }
      assertKeysKept(Meshes.members(view), Meshes.members(other));
    }
  }

  @Test
  void keysAndAllowedIpsAreUniqueWithinADevice() {
    for (int i = 0; i < ROUNDS; i++) {
      var view = meshes.view();
      for (var plan : plans(view).values()) {
        var keys = new HashSet<>();
        var prefixes = new HashSet<>();
        for (var peer : plan.device().peers()) {
          assertThat(keys.add(peer.publicKey())).isTrue();
          assertThat(peer.allowedIps()).isNotEmpty();
          assertThat(prefixes).doesNotContainAnyElementsOf(peer.allowedIps());
          prefixes.addAll(peer.allowedIps());
        }
      }
    }
  }

  @Test
  void routesAgreeWithTheSlowOracle() {
    for (int i = 0; i < ROUNDS; i++) {
      var view = meshes.view();
      var members = Meshes.members(view);
      var accepted = new HashMap<IpPrefix, PeerName>();
      members
          .routes()
          .forEach((name, decisions) -> {
            for (var decision : decisions) {
              assertThat(decision.message().isEmpty())
                  .isEqualTo(decision.state() == State.ACCEPTED);
              if (decision.state() == State.ACCEPTED) {
                assertThat(accepted.put(decision.cidr(), name)).isNull();
              }
            }
          });
      for (var route : accepted.keySet()) {
        assertThat(Meshes.ALLOWED).anyMatch(p -> p.contains(route));
        assertThat(protectedPrefixes(view)).noneMatch(route::overlaps);
      }
      var expected = new TreeSet<>(view.network().pools());
      expected.addAll(accepted.keySet());
      for (var plan : plans(view).values()) {
        var withPods = new TreeSet<>(expected);
        withPods.addAll(podsOfOthers(plan.node(), view, members));
        assertThat(plan.routing().routes())
            .extracting(RoutePlan::destination)
            .containsExactlyElementsOf(withPods);
      }
    }
  }

  /** Pod prefixes of all nodes but this one; of two nodes with one prefix the older counts. */
  private static List<IpPrefix> podsOfOthers(String self, MeshView view, MeshMembers members) {
    var pods = new ArrayList<IpPrefix>();
    for (var node : members.nodes()) {
      for (var cidr : node.podCidrs()) {
        boolean oldest =
            members.nodes().stream()
                .filter(other -> other.podCidrs().contains(cidr))
                .allMatch(other -> node.creationOrder().compareTo(other.creationOrder()) <= 0);
        if (view.network().advertised().podsThroughMesh() && oldest && !node.name().equals(self)) {
          pods.add(cidr);
        }
      }
    }
    return pods;
  }

  @Test
  void diffAppliedToAPlanGivesTheOtherPlan() {
    for (int i = 0; i < ROUNDS; i++) {
      var view = meshes.view();
      var other = random.nextInt(4) == 0 ? shuffled(view) : meshes.view();
      var before = Meshes.planFor("node-0", view).orElseThrow();
      var after = Meshes.planFor("node-0", other).orElseThrow();
      var diff = PlanDiff.between(before, after);

      assertThat(diff.isEmpty())
          .isEqualTo(
              before.device().equals(after.device()) && before.routing().equals(after.routing()));
      assertThat(applied(before, diff)).isEqualTo(new HashSet<>(after.device().peers()));
      assertThat(PlanDiff.between(after, after).isEmpty()).isTrue();
      assertThat(PlanDiff.between(null, after)).isEqualTo(PlanDiff.fromNothing(after));
      for (var change : diff.changedPeers()) {
        var ips = new TreeSet<>(change.before().allowedIps());
        ips.removeAll(change.allowedIps().removed());
        ips.addAll(change.allowedIps().added());
        assertThat(ips).containsExactlyElementsOf(change.after().allowedIps());
      }
    }
  }

  private static HashSet<PeerPlan> applied(NodePlan before, PlanDiff diff) {
    var peers = new HashSet<>(before.device().peers());
    peers.removeAll(diff.peers().removed());
    for (var change : diff.changedPeers()) {
      assertThat(peers.remove(change.before())).isTrue();
      peers.add(change.after());
    }
    peers.addAll(diff.peers().added());
    return peers;
  }

  private static void assertKeysKept(MeshMembers before, MeshMembers after) {
    for (var node : before.nodes()) {
      after.nodes().stream()
          .filter(other -> other.name().equals(node.name()))
          .forEach(other -> assertThat(other).isEqualTo(node));
    }
  }

  private static List<IpPrefix> protectedPrefixes(MeshView view) {
    var prefixes = new ArrayList<>(view.network().pools());
    prefixes.addAll(Meshes.CLUSTER);
    for (var node : view.nodes()) {
      prefixes.addAll(node.podCidrs());
      node.underlay().addresses().forEach(address -> prefixes.add(address.toPrefix()));
    }
    return prefixes;
  }

  private static Map<String, NodePlan> plans(MeshView view) {
    var plans = new HashMap<String, NodePlan>();
    for (var node : view.nodes()) {
      plans.put(node.name(), Meshes.planFor(node.name(), view).orElseThrow());
    }
    return plans;
  }

  private MeshView shuffled(MeshView view) {
    var nodes = new ArrayList<>(view.nodes());
    var peers = new ArrayList<>(view.peers());
    Collections.shuffle(nodes, random);
    Collections.shuffle(peers, random);
    return new MeshView(view.network(), nodes, peers);
  }
}
