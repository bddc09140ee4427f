/**
 * WireGuard's handshake messages: layout, timestamps, MACs, cookies and rate limit (whitepaper
 * section 5.4).
 *
 * <p>Values and small state machines without threads or I/O; the owner of an object guards it.
 */
@NullMarked
package dev.wiremesh.wireguard.handshake;

import org.jspecify.annotations.NullMarked;
