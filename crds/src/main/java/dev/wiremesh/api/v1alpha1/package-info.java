/**
 * The kinds of {@code wiremesh.dev/v1alpha1} as plain mutable objects: what {@code kubectl} sends
 * and shows.
 *
 * <p>Fields are public, and the words beside them are what {@code kubectl explain} prints. A
 * required text or list is never null here: the API server has seen to it. Code with rules in it
 * turns these into records at its door.
 */
@NullMarked
package dev.wiremesh.api.v1alpha1;

import org.jspecify.annotations.NullMarked;
