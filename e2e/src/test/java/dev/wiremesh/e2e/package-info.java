/** Scenarios on a whole lab, and the boundaries between modules and packages. */
@NullMarked
package dev.wiremesh.e2e;

import org.jspecify.annotations.NullMarked;
