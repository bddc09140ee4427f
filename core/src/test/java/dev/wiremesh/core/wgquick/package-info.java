@NullMarked
package dev.wiremesh.core.wgquick;

import org.jspecify.annotations.NullMarked;
