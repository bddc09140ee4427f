@NullMarked
package dev.wiremesh.agent.view;

import org.jspecify.annotations.NullMarked;
