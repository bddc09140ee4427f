package dev.wiremesh.agent.report;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.session.Connectivity;
import dev.wiremesh.core.view.PeerName;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The connectivity of a peer as its home gateway reports it.
 *
 * @param since start of the present state
 * @param generation of the Peer that is applied
 */
public record PeerReport(PeerName peer, ObservedSession session, Instant since, long generation) {
  /**
   * The session of a peer as its gateway observes it.
   *
   * @param endpoint where it was last heard from; null if it never was
   * @param obstacle why it may have no session at all, a whole sentence; empty if it may
   * @param activeRoutes blocks of groups whose traffic is sent to this peer
   */
  public record ObservedSession(
      Connectivity state,
      @Nullable String endpoint,
      @Nullable Instant lastHandshake,
      String obstacle,
      Set<IpPrefix> activeRoutes) {
    public ObservedSession {
      activeRoutes = Set.copyOf(activeRoutes);
    }
  }
}
