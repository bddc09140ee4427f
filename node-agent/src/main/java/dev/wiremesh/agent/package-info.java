/** The agent as a program: configuration, wiring, start and stop. */
@NullMarked
package dev.wiremesh.agent;

import org.jspecify.annotations.NullMarked;
