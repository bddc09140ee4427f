/**
 * The state of a peer that several threads share: sessions, endpoint, counters, staged packets, and
 * the queues between the threads.
 *
 * <p>Each field says which thread writes it. Nothing here decides: {@code control} and {@code
 * datapath} do.
 */
@NullMarked
package dev.wiremesh.wireguard.peer;

import org.jspecify.annotations.NullMarked;
