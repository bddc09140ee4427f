/**
 * The kinds of {@code wiremesh.dev/v1alpha1} as plain mutable objects.
 *
 * <p>Fields are public, and their descriptions are the text of {@code kubectl explain}. A required
 * text or list is never null: the API server ensures that. Rules work on the records of {@code
 * core}, which {@code dev.wiremesh.api.view} makes of these.
 */
@NullMarked
package dev.wiremesh.api.v1alpha1;

import org.jspecify.annotations.NullMarked;
