/** Keys that the operator makes and keeps in Secrets of its own namespace. */
@NullMarked
package dev.wiremesh.operator.keys;

import org.jspecify.annotations.NullMarked;
