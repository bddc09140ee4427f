/** Caches of the watched objects, with listeners for changes; liveness of agents (Leases). */
@NullMarked
package dev.wiremesh.operator.state;

import org.jspecify.annotations.NullMarked;
