package dev.wiremesh.core.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.Seeds;
import dev.wiremesh.core.membership.Membership;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.route.RouteAdmission.Candidates;
import dev.wiremesh.core.topology.Meshes;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.NetworkView;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.core.view.PeerView;
import dev.wiremesh.core.view.RouteDecision.State;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random routes in a small address space, so that most of them overlap others. */
class RouteAdmissionPropertiesTest {
  private static final int ROUNDS = 1_000;
  private static final List<String> NAMESPACES = List.of("a", "b", "c");

  /** A peer's request in the order of age. */
  private record Request(String network, PeerView peer, IpPrefix cidr) {}

  private final Random random = Seeds.random();

  @Test
  void acceptedRoutesOverlapNeitherForbiddenRangesNorEachOther() {
    for (int i = 0; i < ROUNDS; i++) {
      var meshes = List.of(view("one"), view("two"));
      var ranges = randomPrefixes(6);
      var forbidden = ForbiddenRanges.builder();
      ranges.forEach(range -> forbidden.forbid(range, "a forbidden range"));
      var permissions =
          new RoutePermissions(
              List.of(randomPrefix(2), randomPrefix(2)), Map.of("b", List.of(randomPrefix(1))));

      var accepted = accepted(meshes, permissions, forbidden.build());

      for (var route : accepted) {
        assertThat(ranges).noneMatch(route.cidr()::overlaps);
        var granted = permissions.granted().getOrDefault(namespace(route), List.of());
        assertThat(
                permissions.everywhere().stream().anyMatch(it -> it.contains(route.cidr()))
                    || granted.stream().anyMatch(it -> it.contains(route.cidr())))
            .isTrue();
        for (var other : accepted) {
          if (!other.network().equals(route.network())
              || !namespace(other).equals(namespace(route))) {
            assertThat(other.cidr().overlaps(route.cidr())).as("%s %s", route, other).isFalse();
          }
        }
      }
    }
  }

  @Test
  void decisionsAgreeWithTheSlowOracleInWhateverOrderTheObjectsCome() {
    for (int i = 0; i < ROUNDS; i++) {
      var meshes = List.of(view("one"), view("two"));
      var ranges = randomPrefixes(3);
      var forbidden = ForbiddenRanges.builder();
      ranges.forEach(range -> forbidden.forbid(range, "a forbidden range"));
      var everything =
          new RoutePermissions(
              List.of(IpPrefix.parse("0.0.0.0/0"), IpPrefix.parse("::/0")), Map.of());

      var accepted = accepted(meshes, everything, forbidden.build());
      var shuffled = meshes.stream().map(this::shuffled).toList().reversed();

      assertThat(accepted).containsExactlyInAnyOrderElementsOf(oracle(meshes, ranges));
      assertThat(accepted(shuffled, everything, forbidden.build()))
          .containsExactlyInAnyOrderElementsOf(accepted);
    }
  }

  /** Compares each request with all older accepted ones. */
  private static List<Request> oracle(List<MeshView> meshes, List<IpPrefix> forbidden) {
    var requests = new ArrayList<Request>();
    for (var view : meshes) {
      for (var peer : view.peers()) {
        for (var cidr : peer.routes().requested().stream().distinct().toList()) {
          requests.add(new Request(view.network().name(), peer, cidr));
        }
      }
    }
    requests.sort(Comparator.comparing(request -> request.peer().creationOrder()));
    var accepted = new ArrayList<Request>();
    for (var request : requests) {
      boolean free =
          forbidden.stream().noneMatch(request.cidr()::overlaps)
              && accepted.stream().noneMatch(older -> excludes(older, request));
      if (free) {
        accepted.add(request);
      }
    }
    return accepted;
  }

  private static boolean excludes(Request older, Request younger) {
    boolean nestable =
        older.network().equals(younger.network()) && namespace(older).equals(namespace(younger));
    return nestable ? older.cidr().equals(younger.cidr()) : older.cidr().overlaps(younger.cidr());
  }

  private static List<Request> accepted(
      List<MeshView> meshes, RoutePermissions permissions, ForbiddenRanges forbidden) {
    var members =
        RouteAdmission.decide(
            meshes.stream()
                .map(view ->
                    new Candidates(
                        Membership.of(view),
                        new RouteRules(view.network().name(), permissions, forbidden)))
                .toList());
    var accepted = new ArrayList<Request>();
    for (var view : meshes) {
      var peers = new HashMap<PeerName, PeerView>();
      view.peers().forEach(peer -> peers.put(peer.name(), peer));
      members
          .getOrDefault(
              view.network().name(), new MeshMembers(List.of(), List.of(), Map.of(), List.of()))
          .routes()
          .forEach((name, decisions) -> {
            for (var decision : decisions) {
              assertThat(decision.message().isEmpty())
                  .isEqualTo(decision.state() == State.ACCEPTED);
              if (decision.state() == State.ACCEPTED) {
                accepted.add(
                    new Request(
                        view.network().name(),
                        Objects.requireNonNull(peers.get(name)),
                        decision.cidr()));
              }
            }
          });
    }
    return accepted;
  }

  private static String namespace(Request request) {
    return request.peer().name().namespace();
  }

  private MeshView view(String network) {
    var peers = new ArrayList<PeerView>();
    for (int i = 0; i < 8; i++) {
      var namespace = NAMESPACES.get(random.nextInt(NAMESPACES.size()));
      var name = network + i;
      peers.add(
          PeerView.builder(
                  new PeerName(namespace, name), Meshes.created(random.nextInt(4), "uid-" + name))
              .publicKey(Meshes.key(name))
              .addresses(Meshes.addresses("10.70.1." + (i + 1)))
              .routes(randomPrefixes(3))
              .homeGateway("node-a")
              .build());
    }
    var home = Meshes.network();
    return new MeshView(
        NetworkView.builder(network, home.device())
            .pools(home.pools())
            .gatewayPublicKey(Meshes.GATEWAY_KEY)
            .build(),
        List.of(Meshes.gateway("node-a")),
        peers);
  }

  private MeshView shuffled(MeshView view) {
    var peers = new ArrayList<>(view.peers());
    Collections.shuffle(peers, random);
    return new MeshView(view.network(), view.nodes(), peers);
  }

  private List<IpPrefix> randomPrefixes(int most) {
    var prefixes = new ArrayList<IpPrefix>();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      prefixes.add(randomPrefix(random.nextInt(9)));
    }
    return prefixes;
  }

  /** A block inside 192.168.0.0/24 or fd00::/120, so many bits longer. */
  private IpPrefix randomPrefix(int moreBits) {
    int host = random.nextInt(256);
    return random.nextInt(4) == 0
        ? IpPrefix.containing(new IpAddress(Family.IPV6, 0xfd00L << 48, host), 120 + moreBits)
        : IpPrefix.containing(IpAddress.parse("192.168.0." + host), 24 + moreBits);
  }
}
