/**
 * Curve25519 keys and preshared keys as values: canonical base64 in and out, never printed by
 * accident.
 */
@NullMarked
package dev.wiremesh.core.keys;

import org.jspecify.annotations.NullMarked;
