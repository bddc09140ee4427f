@NullMarked
package dev.wiremesh.agent.liveness;

import org.jspecify.annotations.NullMarked;
