/** Peers: keys, home gateway, client configuration, conditions. */
@NullMarked
package dev.wiremesh.operator.peer;

import org.jspecify.annotations.NullMarked;
