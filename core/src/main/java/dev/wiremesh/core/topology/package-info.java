/**
 * The mesh as plain values, and the pure rules over them: membership, accepted routes, and the plan
 * of each node's device and routes. No clock, no network, no API objects, no secrets.
 */
@NullMarked
package dev.wiremesh.core.topology;

import org.jspecify.annotations.NullMarked;
