/**
 * The Noise handshake pattern IKpsk2 over Curve25519, ChaCha20-Poly1305 and BLAKE2s, for any
 * prologue and payload (Noise Protocol Framework, revision 34).
 *
 * <p>The package is independent of WireGuard. A handshake state is owned and wiped by its creator.
 */
@NullMarked
package dev.wiremesh.wireguard.noise;

import org.jspecify.annotations.NullMarked;
