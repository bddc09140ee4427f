/** The container images of operator and agent: a minimal Java runtime and the program's jars. */
@NullMarked
package dev.wiremesh.images;

import org.jspecify.annotations.NullMarked;
