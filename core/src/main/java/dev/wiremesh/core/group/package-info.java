/**
 * Route groups: one prefix behind several peers, of which one is active. Pure functions of views
 * and of the liveness of sessions.
 */
@NullMarked
package dev.wiremesh.core.group;

import org.jspecify.annotations.NullMarked;
