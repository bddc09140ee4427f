/**
 * WireGuard in user space, as a library and a daemon; independent of Kubernetes.
 *
 * <p>Packages: {@code io} has the interfaces TUN, bind and endpoint, and the batches in which
 * packets move between them; {@code crypto} the transport ciphers behind a batch interface; {@code
 * noise} and {@code handshake} the key agreement as values and pure functions; {@code session} the
 * state of one agreed key pair; {@code device} the values of the library's interface; {@code peer}
 * the state that threads share; {@code control} and {@code datapath} the work under the control
 * lock and on the packet threads; {@code engine} their wiring; {@code linux} the system calls.
 */
@NullMarked
package dev.wiremesh.wireguard;

import org.jspecify.annotations.NullMarked;
