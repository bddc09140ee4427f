@NullMarked
package dev.wiremesh.api;

import org.jspecify.annotations.NullMarked;
