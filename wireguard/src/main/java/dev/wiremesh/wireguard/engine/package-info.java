/** Wires a device together: its parts, its three threads, and the calls that configure it. */
@NullMarked
package dev.wiremesh.wireguard.engine;

import org.jspecify.annotations.NullMarked;
