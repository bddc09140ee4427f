/** Applies a plan to the device and to the host, by its difference to the plan in force. */
@NullMarked
package dev.wiremesh.agent.apply;

import org.jspecify.annotations.NullMarked;
