@NullMarked
package dev.wiremesh.testkit;

import org.jspecify.annotations.NullMarked;
