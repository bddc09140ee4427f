package dev.wiremesh.agent.report;

import dev.wiremesh.agent.watch.LocalNetwork.MeshNodeRef;
import dev.wiremesh.agent.watch.LocalNetworks.GatewayNode;
import java.time.Instant;

/** Tells the API server; does not wait for it. */
public interface Reporter {
  void report(MeshNodeRef meshNode, NodeReport report, Instant now);

  void report(MeshNodeRef meshNode, PeerReport report, Instant now);

  /** Shows that this gateway lives. */
  void renewLease(GatewayNode gateway, Instant now);
}
