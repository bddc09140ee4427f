package dev.wiremesh.agent.observe;

import dev.wiremesh.core.session.Connectivity;
import dev.wiremesh.core.topology.PeerPlan;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A peer of the device as last observed.
 *
 * @param lastHandshake null if there was none, as far as earlier agents reported too
 * @param endpoint that packets are sent to; null if it is unknown
 */
public record ObservedPeer(
    PeerPlan plan,
    Connectivity state,
    @Nullable Instant lastHandshake,
    @Nullable String endpoint) {}
