/**
 * The Noise handshake pattern IKpsk2 over Curve25519, ChaCha20-Poly1305 and BLAKE2s, for any
 * prologue and payload (Noise Protocol Framework, revision 34).
 *
 * <p>Nothing here knows WireGuard. A handshake state belongs to whoever made it and is wiped by
 * him.
 */
@NullMarked
package dev.wiremesh.wireguard.noise;

import org.jspecify.annotations.NullMarked;
