/**
 * Which cipher backend a process uses: forced by name, or the fastest that has proven itself on
 * this machine.
 */
@NullMarked
package dev.wiremesh.wireguard.crypto.selection;

import org.jspecify.annotations.NullMarked;
