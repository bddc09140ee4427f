/**
 * The work of a network card with offloads, as pure functions on memory: checksums, segmenting GSO
 * packets, and joining packets of one flow into GRO packets. {@code linux.tun} exchanges them with
 * the kernel.
 */
@NullMarked
package dev.wiremesh.wireguard.offload;

import org.jspecify.annotations.NullMarked;
