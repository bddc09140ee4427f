/** The active members of route groups, by the liveness that this node observes. */
@NullMarked
package dev.wiremesh.agent.group;

import org.jspecify.annotations.NullMarked;
