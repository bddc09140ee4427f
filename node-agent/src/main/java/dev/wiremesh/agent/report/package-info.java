/** What is told to the API server: transitions, and refreshes within a budget. */
@NullMarked
package dev.wiremesh.agent.report;

import org.jspecify.annotations.NullMarked;
