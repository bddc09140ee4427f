@NullMarked
package dev.wiremesh.core.ipam;

import org.jspecify.annotations.NullMarked;
