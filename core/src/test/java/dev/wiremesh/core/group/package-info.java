@NullMarked
package dev.wiremesh.core.group;

import org.jspecify.annotations.NullMarked;
