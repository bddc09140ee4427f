/** Configured endpoints as addresses; names are resolved beside the control loop. */
@NullMarked
package dev.wiremesh.agent.endpoints;

import org.jspecify.annotations.NullMarked;
