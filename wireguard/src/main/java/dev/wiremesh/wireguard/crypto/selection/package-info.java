/**
 * Selection of the cipher backend: forced by name, or the fastest that has passed its benchmark on
 * this machine.
 */
@NullMarked
package dev.wiremesh.wireguard.crypto.selection;

import org.jspecify.annotations.NullMarked;
