@NullMarked
package dev.wiremesh.agent.endpoints;

import org.jspecify.annotations.NullMarked;
