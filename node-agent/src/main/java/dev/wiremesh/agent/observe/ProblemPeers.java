package dev.wiremesh.agent.observe;

import static java.util.Comparator.comparing;

import dev.wiremesh.agent.report.NodeReport.Problem;
import dev.wiremesh.agent.resolve.EndpointResolver;
import dev.wiremesh.api.contract.ProblemReason;
import dev.wiremesh.core.membership.Finding;
import dev.wiremesh.core.session.Connectivity;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.PeerPlan;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds the problem peers of a node's status: nodes that should be connected and are not, nodes
 * that were left out of the mesh, and endpoints without an address. An outside peer that is
 * switched off is not a problem.
 */
public final class ProblemPeers {
  private static final int LIMIT = 50;

  private ProblemPeers() {}

  public static List<Problem> of(
      @Nullable NodePlan plan, Collection<ObservedPeer> peers, EndpointResolver resolver) {
    var problems = new ArrayList<Problem>();
    for (var peer : peers) {
      var endpoint = peer.plan().transport().endpoint();
      var unresolved = endpoint == null ? Optional.<String>empty() : resolver.problem(endpoint);
      if (unresolved.isPresent()) {
        problems.add(
            new Problem(
                peer.plan().name(), ProblemReason.ENDPOINT_UNRESOLVED.text(), unresolved.get()));
      } else if (peer.plan().kind() == PeerPlan.Kind.NODE) {
        connection(peer, problems);
      }
    }
    if (plan != null) {
      for (var finding : plan.findings()) {
        boolean otherNode =
            finding.subject().kind() == Finding.Kind.NODE
                && !finding.subject().name().equals(plan.node());
        if (otherNode) {
          problems.add(
              new Problem(
                  finding.subject().name(), ProblemReason.LEFT_OUT.text(), finding.message()));
        }
      }
    }
    return problems.stream().sorted(comparing(Problem::peer)).limit(LIMIT).toList();
  }

  private static void connection(ObservedPeer peer, List<Problem> problems) {
    var name = peer.plan().name();
    var endpoint = peer.plan().transport().endpoint();
    if (peer.state() == Connectivity.NEVER) {
      problems.add(
          new Problem(
              name,
              ProblemReason.NEVER_CONNECTED.text(),
              "There was no handshake with node "
                  + name
                  + " yet: "
                  + (endpoint == null
                      ? "it has to dial this node, which cannot dial it."
                      : "check that UDP reaches it at " + endpoint + ".")));
    } else if (peer.state() == Connectivity.STALE) {
      problems.add(
          new Problem(
              name,
              ProblemReason.HANDSHAKE_STALE.text(),
              "The last handshake with node " + name + " was at " + peer.lastHandshake() + "."));
    }
  }
}
