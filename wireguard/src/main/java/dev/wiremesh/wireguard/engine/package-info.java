/** Engine of a device: wires its parts, runs its three threads, and serves configuration calls. */
@NullMarked
package dev.wiremesh.wireguard.engine;

import org.jspecify.annotations.NullMarked;
