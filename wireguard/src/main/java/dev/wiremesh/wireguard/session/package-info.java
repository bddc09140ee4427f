/**
 * Sessions: the transport keys that a handshake agreed on, their counters, replay window, limits of
 * age and number, and the table by which an incoming packet finds its session.
 */
@NullMarked
package dev.wiremesh.wireguard.session;

import org.jspecify.annotations.NullMarked;
