/**
 * WireGuard's handshake messages: their layout, their timestamps, their MACs and cookies, and who
 * may be answered at all (whitepaper section 5.4).
 *
 * <p>Values and small state machines without threads or I/O; whoever holds one owns it.
 */
@NullMarked
package dev.wiremesh.wireguard.handshake;

import org.jspecify.annotations.NullMarked;
