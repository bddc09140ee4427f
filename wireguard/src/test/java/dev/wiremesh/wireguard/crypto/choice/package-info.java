/** The choice of a cipher backend. */
@NullMarked
package dev.wiremesh.wireguard.crypto.choice;

import org.jspecify.annotations.NullMarked;
