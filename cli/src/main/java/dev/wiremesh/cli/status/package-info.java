/** {@code kubectl wiremesh status}: networks, nodes and peers in tables. */
@NullMarked
package dev.wiremesh.cli.status;

import org.jspecify.annotations.NullMarked;
