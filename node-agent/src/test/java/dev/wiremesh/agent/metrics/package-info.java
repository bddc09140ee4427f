@NullMarked
package dev.wiremesh.agent.metrics;

import org.jspecify.annotations.NullMarked;
