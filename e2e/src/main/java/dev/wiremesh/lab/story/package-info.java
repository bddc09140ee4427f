/**
 * The stories of {@code examples/}, built on a lab: edges of plain WireGuard clients, LAN devices
 * without one, and the checks of the ways that packets take.
 */
@NullMarked
package dev.wiremesh.lab.story;

import org.jspecify.annotations.NullMarked;
