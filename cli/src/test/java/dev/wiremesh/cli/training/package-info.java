@NullMarked
package dev.wiremesh.cli.training;

import org.jspecify.annotations.NullMarked;
