package dev.wiremesh.agent.report;

import dev.wiremesh.agent.watch.LocalNetwork.MeshNodeRef;
import dev.wiremesh.agent.watch.LocalNetworks.LeaseHolder;
import java.time.Instant;

/** Writes reports to the API server without waiting for it. */
public interface Reporter {
  void report(MeshNodeRef meshNode, NodeReport report, Instant now);

  void report(MeshNodeRef meshNode, PeerReport report, Instant now);

  /** Renews this node's Lease. */
  void renewLease(LeaseHolder holder, Instant now);
}
