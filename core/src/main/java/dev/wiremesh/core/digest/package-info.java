/** Digests of texts. */
@NullMarked
package dev.wiremesh.core.digest;

import org.jspecify.annotations.NullMarked;
