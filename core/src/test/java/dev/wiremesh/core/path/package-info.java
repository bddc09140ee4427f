@NullMarked
package dev.wiremesh.core.path;

import org.jspecify.annotations.NullMarked;
