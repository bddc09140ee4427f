/** The operator as killed processes behind a path of faults. */
@NullMarked
package dev.wiremesh.e2e.storm;

import org.jspecify.annotations.NullMarked;
