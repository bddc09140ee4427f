/**
 * The way of a packet, outwards and inwards. Each class belongs to one packet thread.
 *
 * <p>A packet thread takes no lock: it reads immutable tables and volatile references, and leaves
 * its observations in the peer for the control thread.
 */
@NullMarked
package dev.wiremesh.wireguard.datapath;

import org.jspecify.annotations.NullMarked;
