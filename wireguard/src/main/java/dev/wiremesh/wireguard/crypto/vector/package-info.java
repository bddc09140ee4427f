/**
 * ChaCha20-Poly1305 in plain Java on the Vector API, several packets side by side: on machines with
 * wide vectors the fastest of the backends, above all for batches of small packets.
 *
 * <p>The Vector API is an incubator module: only {@link
 * dev.wiremesh.wireguard.crypto.vector.VectorCipherBackend} may be touched where it is absent. The
 * code is shaped by what C2 compiles to straight vector code: constants are static and final,
 * methods that hold vectors call nothing of ours, each method is small enough for C1 as well (or it
 * would never get as far as C2). Whoever changes it runs {@code bench/side-by-side} with {@code
 * WIREMESH_CIPHER=vector}.
 */
@NullMarked
package dev.wiremesh.wireguard.crypto.vector;

import org.jspecify.annotations.NullMarked;
