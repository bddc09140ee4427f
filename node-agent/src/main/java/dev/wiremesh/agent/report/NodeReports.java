package dev.wiremesh.agent.report;

import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.agent.watch.LocalNetwork;
import dev.wiremesh.agent.watch.LocalNetwork.MeshNodeRef;
import dev.wiremesh.api.contract.Reason;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Decides when a MeshNode's status is written: when the report changes, when the API server does
 * not show the last one, when the operator took this agent for silent, and when the MeshNode is
 * another object. Owned by the control thread.
 */
public final class NodeReports {
  /** A report that the API does not show by then was lost, and is written again. */
  private static final Duration SEEN_WITHIN = Duration.ofSeconds(15);

  private @Nullable NodeReport written;
  private MonotonicTime writtenAt = MonotonicTime.LONG_AGO;
  private String writtenUid = "";

  /** Whether to write the report now; it counts as written then. */
  public boolean isDue(LocalNetwork local, NodeReport report, MonotonicTime now) {
    var meshNode = local.meshNode();
    var key = report.publicKey();
    boolean lost =
        (key != null && !key.toString().equals(meshNode.publicKey()) || isCalledSilent(meshNode))
            && !now.isBefore(writtenAt.plus(SEEN_WITHIN));
    boolean another = !meshNode.uid().equals(writtenUid);
    if (report.equals(written) && !lost && !another) {
      return false;
    }
    written = report;
    writtenAt = now;
    writtenUid = meshNode.uid();
    return true;
  }

  private static boolean isCalledSilent(MeshNodeRef meshNode) {
    return meshNode.conditions().stream()
        .anyMatch(condition -> condition.reason().equals(Reason.NODE_AGENT_SILENT.text()));
  }
}
