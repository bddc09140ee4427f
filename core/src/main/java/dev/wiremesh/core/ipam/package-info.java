/**
 * Which address a node or peer gets: pools, reserved ranges, static requests, quarantine. Pure
 * rules over what is held now; whoever keeps the holdings makes them atomic.
 */
@NullMarked
package dev.wiremesh.core.ipam;

import org.jspecify.annotations.NullMarked;
