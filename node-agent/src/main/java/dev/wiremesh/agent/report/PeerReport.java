package dev.wiremesh.agent.report;

import dev.wiremesh.core.session.Connectivity;
import dev.wiremesh.core.topology.PeerName;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What its home gateway says of a peer.
 *
 * @param since when the state became what it is
 * @param generation of the Peer that is in force
 */
public record PeerReport(PeerName peer, Session session, Instant since, long generation) {
  /**
   * A peer's session, as its gateway sees it.
   *
   * @param endpoint where it was last heard from; null if it never was
   * @param obstacle why it may have no session at all, a whole sentence; empty if it may
   */
  public record Session(
      Connectivity state,
      @Nullable String endpoint,
      @Nullable Instant lastHandshake,
      String obstacle) {}
}
