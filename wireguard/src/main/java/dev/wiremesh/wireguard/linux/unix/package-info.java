/** Unix stream sockets that can be taken over by descriptor, and read with a limit. */
@NullMarked
package dev.wiremesh.wireguard.linux.unix;

import org.jspecify.annotations.NullMarked;
