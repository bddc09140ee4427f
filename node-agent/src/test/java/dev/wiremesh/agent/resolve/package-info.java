@NullMarked
package dev.wiremesh.agent.resolve;

import org.jspecify.annotations.NullMarked;
