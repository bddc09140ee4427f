/** The agent's clocks: monotonic time for intervals, wall time for reports. */
@NullMarked
package dev.wiremesh.agent.time;

import org.jspecify.annotations.NullMarked;
