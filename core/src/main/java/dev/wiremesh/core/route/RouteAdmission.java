package dev.wiremesh.core.route;

import static java.util.Comparator.comparing;

import dev.wiremesh.core.group.GroupMembers;
import dev.wiremesh.core.group.GroupSelection;
import dev.wiremesh.core.group.RouteGroup;
import dev.wiremesh.core.membership.Finding;
import dev.wiremesh.core.membership.Finding.Cause;
import dev.wiremesh.core.membership.Finding.Subject;
import dev.wiremesh.core.membership.Membership;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.core.view.PeerView;
import dev.wiremesh.core.view.RouteDecision;
import dev.wiremesh.core.view.RouteDecision.State;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides on the routes of the peers of all networks, in one pass from the oldest peer to the
 * youngest. The networks are decided together because a node can be in several: the routing tables
 * of its networks are asked one after the other. Used once, by one thread.
 *
 * <p>The steps for a route: the network's {@link RoutePolicy}, an obstacle of the peer, {@link
 * RouteClaims}. At the end {@link GroupMembers} leaves one active route to each group.
 */
public final class RouteAdmission {
  /**
   * One network's members, the policy for the routes that its peers request, and the selection of
   * the active member of each group.
   */
  public record Candidates(Membership membership, RoutePolicy policy, GroupSelection selection) {
    public Candidates(Membership membership, RoutePolicy policy) {
      this(membership, policy, GroupSelection.reported());
    }
  }

  private record Request(Candidates network, PeerView peer) {}

  private final RouteClaims claims = new RouteClaims();
  private final GroupMembers groups = new GroupMembers();

  private RouteAdmission() {}

  /** The members of each network with their routes, by the network's name. */
  public static Map<String, MeshMembers> decide(Collection<Candidates> networks) {
    return new RouteAdmission().decideAll(networks);
  }

  private Map<String, MeshMembers> decideAll(Collection<Candidates> networks) {
    var requests = new ArrayList<Request>();
    var routes = new HashMap<String, Map<PeerName, List<RouteDecision>>>();
    for (var network : networks) {
      routes.put(nameOf(network), new HashMap<>());
      network.membership().view().peers().stream()
          .filter(peer -> !peer.routes().requested().isEmpty())
          .forEach(peer -> requests.add(new Request(network, peer)));
    }
    requests.sort(
        comparing((Request request) -> request.peer().creationOrder())
            .thenComparing(request -> nameOf(request.network()))
            .thenComparing(request -> request.peer().name()));
    for (var request : requests) {
      routes
          .getOrDefault(nameOf(request.network()), new HashMap<>())
          .put(request.peer().name(), decide(request));
    }
    var members = new HashMap<String, MeshMembers>();
    for (var network : networks) {
      var name = nameOf(network);
      groups.decide(name, network.selection(), routes.getOrDefault(name, Map.of()));
      members.put(name, members(network.membership(), routes.getOrDefault(name, Map.of())));
    }
    return members;
  }

  private static String nameOf(Candidates network) {
    return network.membership().view().network().name();
  }

  private List<RouteDecision> decide(Request request) {
    return new LinkedHashSet<>(request.peer().routes().requested())
        .stream().map(cidr -> decide(cidr, request)).toList();
  }

  private RouteDecision decide(IpPrefix cidr, Request request) {
    var peer = request.peer();
    var objection = request.network().policy().objection(peer, cidr);
    if (objection.isPresent()) {
      return objection.get();
    }
    var obstacle = request.network().membership().obstacle(peer);
    if (obstacle.isPresent() && obstacle.get().givesUpRoutes()) {
      return new RouteDecision(cidr, State.STANDBY, obstacle.get().message());
    }
    var group = groupOf(cidr, request);
    var conflict =
        claims.claim(
            nameOf(request.network()), peer.name(), cidr, group == null ? null : group.name());
    if (conflict.isPresent()) {
      return new RouteDecision(cidr, State.CONFLICT, conflict.get());
    }
    if (obstacle.isPresent()) {
      return new RouteDecision(cidr, State.STANDBY, obstacle.get().message());
    }
    if (group != null) {
      groups.add(group, peer);
    }
    return RouteDecision.accepted(cidr);
  }

  private static @Nullable RouteGroup groupOf(IpPrefix cidr, Request request) {
    var entry = request.peer().routes().groups().get(cidr);
    return entry == null
        ? null
        : new RouteGroup(
            nameOf(request.network()), request.peer().name().namespace(), entry.group(), cidr);
  }

  private static MeshMembers members(
      Membership membership, Map<PeerName, List<RouteDecision>> routes) {
    var findings = new ArrayList<>(membership.findings());
    for (var peer : membership.peers()) {
      // A peer that is left out has one finding, without findings for its routes.
      for (var decision : routes.getOrDefault(peer.name(), List.of())) {
        var cause = causeOf(decision.state());
        if (cause != null) {
          findings.add(new Finding(Subject.of(peer), cause, decision.message()));
        }
      }
    }
    findings.sort(null);
    return new MeshMembers(membership.nodes(), membership.peers(), routes, findings);
  }

  private static @Nullable Cause causeOf(State state) {
    return switch (state) {
      case ACCEPTED -> null;
      case STANDBY -> Cause.ROUTE_STANDBY;
      case CONFLICT -> Cause.ROUTE_CONFLICT;
      case REJECTED -> Cause.ROUTE_REJECTED;
    };
  }
}
