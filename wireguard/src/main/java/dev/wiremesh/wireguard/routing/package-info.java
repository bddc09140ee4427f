/** Longest-prefix match on immutable snapshots: one writer publishes, packet threads only read. */
@NullMarked
package dev.wiremesh.wireguard.routing;

import org.jspecify.annotations.NullMarked;
