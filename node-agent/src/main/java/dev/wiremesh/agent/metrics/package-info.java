/** Prometheus metrics of the agent, read from the devices at the moment of a scrape. */
@NullMarked
package dev.wiremesh.agent.metrics;

import org.jspecify.annotations.NullMarked;
