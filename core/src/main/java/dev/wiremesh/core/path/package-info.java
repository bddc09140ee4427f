/**
 * Paths between nodes: direct links, sites, and the gateways that relay. Pure functions of node
 * views.
 */
@NullMarked
package dev.wiremesh.core.path;

import org.jspecify.annotations.NullMarked;
