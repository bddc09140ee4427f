/** The commands of {@code bin/wiremesh lab}. */
@NullMarked
package dev.wiremesh.lab;

import org.jspecify.annotations.NullMarked;
