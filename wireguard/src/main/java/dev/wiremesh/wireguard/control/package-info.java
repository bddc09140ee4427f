/**
 * Control plane of a device: handshakes, timers, session indexes and reclamation, identities,
 * configuration.
 *
 * <p>Everything here is guarded by {@link dev.wiremesh.wireguard.control.ControlLock}. The packet
 * threads never acquire it, so {@code datapath} must not see this package.
 */
@NullMarked
package dev.wiremesh.wireguard.control;

import org.jspecify.annotations.NullMarked;
