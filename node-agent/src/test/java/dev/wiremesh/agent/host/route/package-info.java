@NullMarked
package dev.wiremesh.agent.host.route;

import org.jspecify.annotations.NullMarked;
