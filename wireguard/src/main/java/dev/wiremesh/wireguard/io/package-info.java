/**
 * The interfaces of a device to the system, {@link dev.wiremesh.wireguard.io.TunDevice} and {@link
 * dev.wiremesh.wireguard.io.Bind}, and the batch of packets that passes through them.
 *
 * <p>A batch belongs to the thread that made it and is lent for the length of a call:
 * implementations keep no reference. The number of system calls, GSO packets or segments behind a
 * batch is up to the implementation.
 *
 * <p>A path to a peer is an {@link dev.wiremesh.wireguard.io.Endpoint} of a bind. UDP has one kind
 * of endpoint, a relay would have another; the device does not see the difference. Other protocols
 * on the same port, such as STUN, are split off by {@link
 * dev.wiremesh.wireguard.io.DemultiplexingBind} before the device sees their datagrams.
 */
@NullMarked
package dev.wiremesh.wireguard.io;

import org.jspecify.annotations.NullMarked;
