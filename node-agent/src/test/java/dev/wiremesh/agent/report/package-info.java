@NullMarked
package dev.wiremesh.agent.report;

import org.jspecify.annotations.NullMarked;
