/**
 * Handshakes, timers, sessions, identities and the configuration of a device.
 *
 * <p>Everything here is guarded by {@link dev.wiremesh.wireguard.control.ControlLock}. The packet
 * threads never take it, so {@code datapath} must not see this package.
 */
@NullMarked
package dev.wiremesh.wireguard.control;

import org.jspecify.annotations.NullMarked;
