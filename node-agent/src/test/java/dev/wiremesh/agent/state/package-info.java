@NullMarked
package dev.wiremesh.agent.state;

import org.jspecify.annotations.NullMarked;
