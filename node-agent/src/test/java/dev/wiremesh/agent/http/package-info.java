@NullMarked
package dev.wiremesh.agent.http;

import org.jspecify.annotations.NullMarked;
