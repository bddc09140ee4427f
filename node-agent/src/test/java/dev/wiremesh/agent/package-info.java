@NullMarked
package dev.wiremesh.agent;

import org.jspecify.annotations.NullMarked;
