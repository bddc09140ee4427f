/**
 * ChaCha20-Poly1305 for batches of transport packets, behind exchangeable backends.
 *
 * <p>A {@link CipherKey} belongs to a session and is read by any thread; a {@link PacketCipher}
 * belongs to one thread and holds its scratch memory.
 */
@NullMarked
package dev.wiremesh.wireguard.crypto;

import org.jspecify.annotations.NullMarked;
