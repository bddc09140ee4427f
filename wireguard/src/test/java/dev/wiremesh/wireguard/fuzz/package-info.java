/** A short run of all fuzz targets; {@code bin/wiremesh fuzz} runs them for as long as you like. */
@NullMarked
package dev.wiremesh.wireguard.fuzz;

import org.jspecify.annotations.NullMarked;
