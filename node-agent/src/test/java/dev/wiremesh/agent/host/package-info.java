@NullMarked
package dev.wiremesh.agent.host;

import org.jspecify.annotations.NullMarked;
