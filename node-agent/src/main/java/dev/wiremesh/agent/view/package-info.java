/** What the API server says, watched and turned into immutable views at the door. */
@NullMarked
package dev.wiremesh.agent.view;

import org.jspecify.annotations.NullMarked;
