/** The liveness of peers by echo requests inside the tunnel, and the times of these requests. */
@NullMarked
package dev.wiremesh.agent.liveness;

import org.jspecify.annotations.NullMarked;
