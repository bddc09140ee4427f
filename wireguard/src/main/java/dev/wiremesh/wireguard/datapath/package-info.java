/**
 * The packet paths, outbound and inbound. Each class belongs to one packet thread.
 *
 * <p>A packet thread takes no lock: it reads immutable tables and volatile references, and records
 * its observations in the peer for the control thread.
 */
@NullMarked
package dev.wiremesh.wireguard.datapath;

import org.jspecify.annotations.NullMarked;
