/** Kernel settings (sysctls) that the agent changes and restores. */
@NullMarked
package dev.wiremesh.agent.host.sysctl;

import org.jspecify.annotations.NullMarked;
