/** Output: files with keys, tables. */
@NullMarked
package dev.wiremesh.cli.output;

import org.jspecify.annotations.NullMarked;
