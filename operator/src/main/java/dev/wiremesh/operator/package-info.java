@NullMarked
package dev.wiremesh.operator;

import org.jspecify.annotations.NullMarked;
