/** Other programs: run for their answer, or kept running and never left behind. */
@NullMarked
package dev.wiremesh.testkit.process;

import org.jspecify.annotations.NullMarked;
