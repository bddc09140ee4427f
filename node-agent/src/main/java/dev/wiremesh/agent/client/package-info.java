/** The agent's client of the API server. */
@NullMarked
package dev.wiremesh.agent.client;

import org.jspecify.annotations.NullMarked;
