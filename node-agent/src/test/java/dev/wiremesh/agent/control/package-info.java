@NullMarked
package dev.wiremesh.agent.control;

import org.jspecify.annotations.NullMarked;
