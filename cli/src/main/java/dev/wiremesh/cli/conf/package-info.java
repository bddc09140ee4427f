/** {@code kubectl wiremesh conf}: client configurations in the formats of other programs. */
@NullMarked
package dev.wiremesh.cli.conf;

import org.jspecify.annotations.NullMarked;
