/** The WireGuard device of a network, behind an interface that tests implement with a fake. */
@NullMarked
package dev.wiremesh.agent.device;

import org.jspecify.annotations.NullMarked;
