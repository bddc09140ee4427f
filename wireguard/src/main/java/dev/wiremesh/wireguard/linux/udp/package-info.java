/**
 * UDP sockets of Linux: batches by sendmmsg and recvmmsg, GSO and GRO, and sticky source addresses.
 */
@NullMarked
package dev.wiremesh.wireguard.linux.udp;

import org.jspecify.annotations.NullMarked;
