/**
 * What a network card with offloads would do, as pure functions on memory: checksums, cutting a
 * superframe into packets, and joining packets of one flow to a superframe. How superframes come
 * from and go to the kernel is {@code linux}'s affair.
 */
@NullMarked
package dev.wiremesh.wireguard.offload;

import org.jspecify.annotations.NullMarked;
