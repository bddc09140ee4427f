@NullMarked
package dev.wiremesh.core.membership;

import org.jspecify.annotations.NullMarked;
