/** Reports to the API server: status transitions, and refreshes within a budget. */
@NullMarked
package dev.wiremesh.agent.report;

import org.jspecify.annotations.NullMarked;
