@NullMarked
package dev.wiremesh.core;

import org.jspecify.annotations.NullMarked;
