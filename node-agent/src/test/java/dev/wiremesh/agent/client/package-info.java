@NullMarked
package dev.wiremesh.agent.client;

import org.jspecify.annotations.NullMarked;
