/** JUnit: a shared control plane, and tests that say what they need. */
@NullMarked
package dev.wiremesh.testkit.junit;

import org.jspecify.annotations.NullMarked;
