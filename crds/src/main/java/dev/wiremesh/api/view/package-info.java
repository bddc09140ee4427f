/** From API objects to the plain values of {@code core}: the same reading in operator and agent. */
@NullMarked
package dev.wiremesh.api.view;

import org.jspecify.annotations.NullMarked;
