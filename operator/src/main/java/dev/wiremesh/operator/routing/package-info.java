/** The ranges and permissions by which the operator judges the routes of Peers. */
@NullMarked
package dev.wiremesh.operator.routing;

import org.jspecify.annotations.NullMarked;
