/**
 * The mesh as plain values, and the pure rules over them: who may bring which route, and what one
 * node's device and routes must look like. No clock, no network, no API objects, no secrets.
 */
@NullMarked
package dev.wiremesh.core.topology;

import org.jspecify.annotations.NullMarked;
