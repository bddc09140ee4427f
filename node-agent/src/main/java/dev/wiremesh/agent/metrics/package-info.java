/** What Prometheus scrapes, read from plain counters at that moment. */
@NullMarked
package dev.wiremesh.agent.metrics;

import org.jspecify.annotations.NullMarked;
