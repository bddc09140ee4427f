/**
 * ChaCha20-Poly1305 in plain Java on the Vector API, several packets side by side: on machines with
 * wide vectors the fastest backend, above all for batches of small packets.
 *
 * <p>The Vector API is an incubator module: where it is absent, only {@link
 * dev.wiremesh.wireguard.crypto.vector.VectorCipherBackend} may be loaded. The shape of the code is
 * dictated by C2, which must compile it to straight vector code: constants are static and final,
 * methods that hold vectors call none of ours, each method is small enough for C1 as well (or it
 * would never reach C2). After a change run {@code bench/side-by-side} with {@code
 * WIREMESH_CIPHER=vector}.
 */
@NullMarked
package dev.wiremesh.wireguard.crypto.vector;

import org.jspecify.annotations.NullMarked;
