/** Keys that the operator generates and stores in Secrets of its own namespace. */
@NullMarked
package dev.wiremesh.operator.keys;

import org.jspecify.annotations.NullMarked;
