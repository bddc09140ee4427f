@NullMarked
package dev.wiremesh.agent.observe;

import org.jspecify.annotations.NullMarked;
