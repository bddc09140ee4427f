/**
 * Addresses that a node reaches beside the mesh, whatever routes Peers bring: the API server and
 * the node's resolvers; and the probe that shows whether a route hides the API server.
 */
@NullMarked
package dev.wiremesh.agent.bypass;

import org.jspecify.annotations.NullMarked;
