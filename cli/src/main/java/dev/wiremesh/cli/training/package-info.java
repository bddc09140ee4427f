/** The run that the program's AOT cache is made from. */
@NullMarked
package dev.wiremesh.cli.training;

import org.jspecify.annotations.NullMarked;
