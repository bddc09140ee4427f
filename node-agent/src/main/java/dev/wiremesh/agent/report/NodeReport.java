package dev.wiremesh.agent.report;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The wanted status of a MeshNode. Equal reports are written once.
 *
 * @param publicKey null as long as the key is not known
 * @param mtu 0 as long as there is no interface
 * @param resolvers the node's name servers, which no peer's route may overlap; see {@link
 *     #reportable}
 */
public record NodeReport(
    @Nullable PublicKey publicKey,
    int mtu,
    Generations generations,
    Peers peers,
    List<IpAddress> resolvers,
    PlanConditions sections) {
  /** The limit of the schema; a resolver reads three at most. */
  private static final int MOST_RESOLVERS = 8;

  private static final List<IpPrefix> ON_THE_NODE =
      List.of(IpPrefix.parse("127.0.0.0/8"), IpPrefix.parse("::1/128"));

  /**
   * Generations of the MeshNode.
   *
   * @param observed the one that this answers to
   * @param applied the one that is in force; 0 if none is yet
   */
  public record Generations(long observed, long applied) {}

  /** The peers of the node's device. */
  public record Peers(int total, int connected, List<Problem> problems) {
    public Peers {
      problems = List.copyOf(problems);
    }
  }

  /** A peer with a problem. */
  public record Problem(String peer, String reason, String message) {}

  public NodeReport {
    resolvers = List.copyOf(resolvers);
  }

  /** Name servers beside the node itself, sorted, as many as the status takes. */
  public static List<IpAddress> reportable(Set<IpAddress> resolvers) {
    return resolvers.stream()
        .filter(address -> ON_THE_NODE.stream().noneMatch(range -> range.contains(address)))
        .sorted()
        .limit(MOST_RESOLVERS)
        .toList();
  }
}
