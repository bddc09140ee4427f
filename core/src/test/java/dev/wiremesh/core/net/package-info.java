@NullMarked
package dev.wiremesh.core.net;

import org.jspecify.annotations.NullMarked;
