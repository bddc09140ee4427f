/** The agent of a node as a program: its configuration, its wiring, its start and end. */
@NullMarked
package dev.wiremesh.agent;

import org.jspecify.annotations.NullMarked;
