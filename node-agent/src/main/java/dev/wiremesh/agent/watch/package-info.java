/** Watches the API server and converts its objects to immutable views. */
@NullMarked
package dev.wiremesh.agent.watch;

import org.jspecify.annotations.NullMarked;
