package dev.wiremesh.agent.observe;

import dev.wiremesh.core.session.Connectivity;
import dev.wiremesh.core.topology.PeerPlan;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A peer of our device when it was last looked at.
 *
 * @param lastHandshake null if there was none, also not with an earlier agent as far as it is known
 * @param endpoint where packets go; null as long as nothing is known
 */
public record ObservedPeer(
    PeerPlan plan,
    Connectivity state,
    @Nullable Instant lastHandshake,
    @Nullable String endpoint) {}
