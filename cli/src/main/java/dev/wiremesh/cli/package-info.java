/** The command {@code kubectl wiremesh}: its subcommands and their common parts. */
@NullMarked
package dev.wiremesh.cli;

import org.jspecify.annotations.NullMarked;
