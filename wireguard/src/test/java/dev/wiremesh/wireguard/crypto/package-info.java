/** The cipher backends against published vectors and against each other. */
@NullMarked
package dev.wiremesh.wireguard.crypto;

import org.jspecify.annotations.NullMarked;
