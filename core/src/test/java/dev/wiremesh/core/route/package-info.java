@NullMarked
package dev.wiremesh.core.route;

import org.jspecify.annotations.NullMarked;
