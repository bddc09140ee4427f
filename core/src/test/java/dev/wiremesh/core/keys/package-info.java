@NullMarked
package dev.wiremesh.core.keys;

import org.jspecify.annotations.NullMarked;
