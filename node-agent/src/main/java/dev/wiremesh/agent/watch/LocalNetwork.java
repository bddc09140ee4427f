package dev.wiremesh.agent.watch;

import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.PeerName;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One network that this node is part of, with the status that the API shows of it.
 *
 * @param meshNode this node's MeshNode
 * @param view null as long as the operator has not chosen everything
 * @param keys null as long as one is missing
 * @param problem why view or keys are null, a whole sentence; empty if they are not
 * @param reported connectivity in the API of the peers whose home gateway is this node
 */
public record LocalNetwork(
    MeshNodeRef meshNode,
    @Nullable MeshView view,
    @Nullable NetworkKeys keys,
    String problem,
    Map<PeerName, ReportedConnectivity> reported) {
  public LocalNetwork {
    reported = Map.copyOf(reported);
  }

  /**
   * This node's MeshNode object with its status.
   *
   * @param publicKey null if the status has none
   */
  public record MeshNodeRef(
      String name,
      String network,
      String node,
      String uid,
      long generation,
      @Nullable String publicKey,
      List<ReportedCondition> conditions) {
    public MeshNodeRef {
      conditions = List.copyOf(conditions);
    }
  }

  /** A condition as it stands in the API. */
  public record ReportedCondition(
      String type, String status, String reason, String message, String lastTransitionTime) {}

  /**
   * A peer's connectivity as it stands in the API.
   *
   * @param state as the API writes it
   */
  public record ReportedConnectivity(
      @Nullable String state,
      @Nullable String gateway,
      @Nullable Instant since,
      @Nullable Instant lastHandshake,
      long generation,
      @Nullable ReportedCondition connected) {}
}
