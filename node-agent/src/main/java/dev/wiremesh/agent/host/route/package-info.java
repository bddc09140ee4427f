/** Routes and rules of a network on the host, with the metrics and marks that they carry. */
@NullMarked
package dev.wiremesh.agent.host.route;

import org.jspecify.annotations.NullMarked;
