/** Observes the sessions of a device: connectivity, latency, learned endpoints, problem peers. */
@NullMarked
package dev.wiremesh.agent.observe;

import org.jspecify.annotations.NullMarked;
