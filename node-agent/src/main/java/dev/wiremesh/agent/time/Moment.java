package dev.wiremesh.agent.time;

import java.time.Instant;

/**
 * One reading of both clocks.
 *
 * @param monotonic for intervals
 * @param wall for times that are reported, or compared with times from elsewhere
 */
public record Moment(MonotonicTime monotonic, Instant wall) {}
