/** External programs: run to their end, or kept running; none outlives this JVM. */
@NullMarked
package dev.wiremesh.testkit.process;

import org.jspecify.annotations.NullMarked;
