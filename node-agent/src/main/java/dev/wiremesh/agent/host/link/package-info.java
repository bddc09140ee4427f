/** The interface of a network on the host: its state, addresses and MTU. */
@NullMarked
package dev.wiremesh.agent.host.link;

import org.jspecify.annotations.NullMarked;
