/**
 * Addresses, prefixes, endpoints and longest-prefix match. Values only: no name resolution, no
 * sockets.
 */
@NullMarked
package dev.wiremesh.core.net;

import org.jspecify.annotations.NullMarked;
