/** The running program: controllers, leadership, health and metrics, wiring. */
@NullMarked
package dev.wiremesh.operator.runtime;

import org.jspecify.annotations.NullMarked;
