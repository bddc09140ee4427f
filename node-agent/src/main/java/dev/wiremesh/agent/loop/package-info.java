/**
 * The control loop: one thread that owns the state, and reconciles each network from watched
 * objects to an applied plan and a report.
 */
@NullMarked
package dev.wiremesh.agent.loop;

import org.jspecify.annotations.NullMarked;
