/**
 * Public surface of a WireGuard device: the interface {@link
 * dev.wiremesh.wireguard.device.WireGuardDevice}, its configuration, snapshots, counters and
 * events.
 *
 * <p>Values only. {@code engine} creates devices.
 */
@NullMarked
package dev.wiremesh.wireguard.device;

import org.jspecify.annotations.NullMarked;
