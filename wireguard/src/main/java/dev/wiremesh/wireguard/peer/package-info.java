/**
 * State of a device and of its peers that several threads share: {@link
 * dev.wiremesh.wireguard.peer.Peer} with its {@link dev.wiremesh.wireguard.peer.Keypairs}, timers
 * and path, counters, staged packets, and the queues between the threads.
 *
 * <p>Each field says which thread writes it. The decisions are made in {@code control} and {@code
 * datapath}.
 */
@NullMarked
package dev.wiremesh.wireguard.peer;

import org.jspecify.annotations.NullMarked;
