/** Conditions of all kinds: from a reason and a message to what stands in a status. */
@NullMarked
package dev.wiremesh.api.conditions;

import org.jspecify.annotations.NullMarked;
