@NullMarked
package dev.wiremesh.core.topology;

import org.jspecify.annotations.NullMarked;
