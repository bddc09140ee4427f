/**
 * A TUN and UDP sockets in memory, and the network between the sockets, for tests that step the
 * clock. Nothing here blocks; nothing here is safe for more than one thread at a time.
 */
@NullMarked
package dev.wiremesh.wireguard.io.memory;

import org.jspecify.annotations.NullMarked;
