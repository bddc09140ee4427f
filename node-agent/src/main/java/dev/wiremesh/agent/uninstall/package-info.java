/** The end of Wiremesh on this node, when somebody asked for it in so many words. */
@NullMarked
package dev.wiremesh.agent.uninstall;

import org.jspecify.annotations.NullMarked;
