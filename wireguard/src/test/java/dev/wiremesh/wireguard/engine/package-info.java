/** A world of devices in memory, stepped through time, and what must be true in it. */
@NullMarked
package dev.wiremesh.wireguard.engine;

import org.jspecify.annotations.NullMarked;
