/** Persisted state of the agent: files on the node's disk, readable by root alone. */
@NullMarked
package dev.wiremesh.agent.state;

import org.jspecify.annotations.NullMarked;
