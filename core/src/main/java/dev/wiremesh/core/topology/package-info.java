/**
 * The plan of one node: device, peers, routes; and the difference between two plans. {@link
 * dev.wiremesh.core.topology.Topology} is the pure function from the view of the mesh to the plan.
 * Lists are sorted, so that equal plans are equal values.
 */
@NullMarked
package dev.wiremesh.core.topology;

import org.jspecify.annotations.NullMarked;
