/** The path MTU towards other nodes, measured inside the tunnel. */
@NullMarked
package dev.wiremesh.agent.mtu;

import org.jspecify.annotations.NullMarked;
