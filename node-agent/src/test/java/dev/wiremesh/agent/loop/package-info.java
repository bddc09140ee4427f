@NullMarked
package dev.wiremesh.agent.loop;

import org.jspecify.annotations.NullMarked;
