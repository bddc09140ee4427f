/** Resolves the DNS names of configured endpoints, apart from the control loop. */
@NullMarked
package dev.wiremesh.agent.resolve;

import org.jspecify.annotations.NullMarked;
