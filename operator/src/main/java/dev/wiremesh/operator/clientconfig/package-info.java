/** The content of the wg-quick configuration that a peer gets, as a pure function. */
@NullMarked
package dev.wiremesh.operator.clientconfig;

import org.jspecify.annotations.NullMarked;
