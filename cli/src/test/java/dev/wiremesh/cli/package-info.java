@NullMarked
package dev.wiremesh.cli;

import org.jspecify.annotations.NullMarked;
