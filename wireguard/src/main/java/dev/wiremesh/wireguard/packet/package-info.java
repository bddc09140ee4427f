/** Pure functions on IP packets in a slab: headers, ECN, ICMP messages, sealing. */
@NullMarked
package dev.wiremesh.wireguard.packet;

import org.jspecify.annotations.NullMarked;
