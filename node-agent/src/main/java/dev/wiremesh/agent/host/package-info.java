/** Addresses, link, routes and rules of the node, and nobody else's of them touched. */
@NullMarked
package dev.wiremesh.agent.host;

import org.jspecify.annotations.NullMarked;
