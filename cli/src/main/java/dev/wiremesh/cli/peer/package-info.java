/** A Peer, its published configuration and its routes. */
@NullMarked
package dev.wiremesh.cli.peer;

import org.jspecify.annotations.NullMarked;
