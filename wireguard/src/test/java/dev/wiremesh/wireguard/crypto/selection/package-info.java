/** Selection of a cipher backend. */
@NullMarked
package dev.wiremesh.wireguard.crypto.selection;

import org.jspecify.annotations.NullMarked;
