/** The loop that owns the state: from views to plans, from plans to device and host. */
@NullMarked
package dev.wiremesh.agent.control;

import org.jspecify.annotations.NullMarked;
