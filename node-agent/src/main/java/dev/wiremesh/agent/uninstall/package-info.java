/** Uninstallation of Wiremesh from this node, on explicit request. */
@NullMarked
package dev.wiremesh.agent.uninstall;

import org.jspecify.annotations.NullMarked;
