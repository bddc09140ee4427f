/**
 * Deserialization of our kinds. One object that a program cannot read costs neither a list nor a
 * watch: it arrives without the part that cannot be read, and with the name of that part.
 */
@NullMarked
package dev.wiremesh.api.json;

import org.jspecify.annotations.NullMarked;
