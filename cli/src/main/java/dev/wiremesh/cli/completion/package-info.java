/** Completion of the command line for shells. */
@NullMarked
package dev.wiremesh.cli.completion;

import org.jspecify.annotations.NullMarked;
