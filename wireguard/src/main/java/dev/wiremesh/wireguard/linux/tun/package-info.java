/**
 * TUN devices of Linux: opening and adopting them, reading GSO packets, writing GRO packets, and
 * following the interface.
 */
@NullMarked
package dev.wiremesh.wireguard.linux.tun;

import org.jspecify.annotations.NullMarked;
