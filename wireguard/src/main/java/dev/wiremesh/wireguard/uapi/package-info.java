/**
 * The cross-platform userspace protocol of WireGuard: how {@code wg} reads and changes a device
 * over a Unix socket.
 */
@NullMarked
package dev.wiremesh.wireguard.uapi;

import org.jspecify.annotations.NullMarked;
