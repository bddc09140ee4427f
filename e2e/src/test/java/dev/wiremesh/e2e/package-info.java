/** What a user was promised, tried on a whole lab; and the rules of the house. */
@NullMarked
package dev.wiremesh.e2e;

import org.jspecify.annotations.NullMarked;
