/**
 * A WireGuard device: its peers, its three threads, and the surface by which it is configured and
 * looked at.
 *
 * <p>Who owns what: {@code OutboundPath} and {@code InboundPath} each belong to one thread and
 * write only facts of their own into a peer; everything else (peers, identities, sessions, timers,
 * routes) is guarded by the device's one control lock, which the packet threads never take. They
 * read immutable snapshots and volatile references instead. So configuration may come from any
 * thread, and packets wait for nobody.
 */
@NullMarked
package dev.wiremesh.wireguard.device;

import org.jspecify.annotations.NullMarked;
