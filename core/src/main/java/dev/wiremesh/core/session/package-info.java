/** Rules over the observed sessions of a mesh. Pure functions: clock values are arguments. */
@NullMarked
package dev.wiremesh.core.session;

import org.jspecify.annotations.NullMarked;
