/**
 * The surface of a WireGuard device: the interface {@link
 * dev.wiremesh.wireguard.device.WireGuardDevice}, the values that configure it, and the values that
 * it answers with.
 *
 * <p>Values only. The device itself is made by {@code engine}.
 */
@NullMarked
package dev.wiremesh.wireguard.device;

import org.jspecify.annotations.NullMarked;
