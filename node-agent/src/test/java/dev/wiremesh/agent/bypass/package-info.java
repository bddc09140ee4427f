@NullMarked
package dev.wiremesh.agent.bypass;

import org.jspecify.annotations.NullMarked;
