/**
 * Addresses, prefixes and what is looked up by them. Values only; nothing here resolves names or
 * opens sockets.
 */
@NullMarked
package dev.wiremesh.core.net;

import org.jspecify.annotations.NullMarked;
