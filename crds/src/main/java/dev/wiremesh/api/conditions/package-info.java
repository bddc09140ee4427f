/** Conditions of all kinds: made from a reason and a message, with one transition-time rule. */
@NullMarked
package dev.wiremesh.api.conditions;

import org.jspecify.annotations.NullMarked;
