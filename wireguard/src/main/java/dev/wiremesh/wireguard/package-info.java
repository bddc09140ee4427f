/**
 * WireGuard in user space, as a library and a daemon; knows nothing of Kubernetes.
 *
 * <p>Who owns what: {@code io} says what a TUN and a UDP socket are and in what shape packets move
 * between them; {@code crypto} is the transport cipher behind its batch interface; {@code noise}
 * and {@code handshake} are the protocol's key agreement as values and pure functions; {@code
 * session} is what one agreed key pair may still do; {@code device} holds the peers and the three
 * threads.
 */
@NullMarked
package dev.wiremesh.wireguard;

import org.jspecify.annotations.NullMarked;
