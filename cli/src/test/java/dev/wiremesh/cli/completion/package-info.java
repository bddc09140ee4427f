@NullMarked
package dev.wiremesh.cli.completion;

import org.jspecify.annotations.NullMarked;
