/**
 * The nodes and peers that take part in a network, and the cause for each object that is left out.
 * Pure functions of a view.
 */
@NullMarked
package dev.wiremesh.core.membership;

import org.jspecify.annotations.NullMarked;
