/**
 * Curve25519 keys and preshared keys as values, in canonical base64. {@code toString} never prints
 * a secret.
 */
@NullMarked
package dev.wiremesh.core.keys;

import org.jspecify.annotations.NullMarked;
