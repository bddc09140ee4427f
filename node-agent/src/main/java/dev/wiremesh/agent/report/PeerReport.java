package dev.wiremesh.agent.report;

import dev.wiremesh.core.topology.PeerName;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What its home gateway says of a peer.
 *
 * @param since when the state became what it is
 * @param endpoint where it was last heard from; null if it never was
 */
public record PeerReport(
    PeerName peer,
    Connectivity state,
    Instant since,
    @Nullable String endpoint,
    @Nullable Instant lastHandshake,
    long generation) {}
