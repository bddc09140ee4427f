/**
 * The two doors of a device, a TUN and a UDP socket, and the batch of packets that goes through
 * them.
 *
 * <p>A batch belongs to the one thread that made it and is lent for the length of a call: neither
 * door keeps a reference. How many system calls, superframes or segments stand behind a batch is
 * the implementation's affair.
 */
@NullMarked
package dev.wiremesh.wireguard.io;

import org.jspecify.annotations.NullMarked;
