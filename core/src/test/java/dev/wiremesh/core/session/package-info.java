@NullMarked
package dev.wiremesh.core.session;

import org.jspecify.annotations.NullMarked;
