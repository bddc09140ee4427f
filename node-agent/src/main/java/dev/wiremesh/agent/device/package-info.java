/** A network's WireGuard device, behind an interface that tests stand in for. */
@NullMarked
package dev.wiremesh.agent.device;

import org.jspecify.annotations.NullMarked;
