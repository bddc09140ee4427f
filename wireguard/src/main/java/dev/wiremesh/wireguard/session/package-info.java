/**
 * What one agreed pair of keys may still do: counters, the replay window, limits of age and number,
 * and the table by which an incoming packet finds its session.
 */
@NullMarked
package dev.wiremesh.wireguard.session;

import org.jspecify.annotations.NullMarked;
