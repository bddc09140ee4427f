/** Segmenting and joining against a slow and simple oracle. */
@NullMarked
package dev.wiremesh.wireguard.offload;

import org.jspecify.annotations.NullMarked;
