@NullMarked
package dev.wiremesh.agent.host.link;

import org.jspecify.annotations.NullMarked;
