/** The lab itself: machines, a control plane, operator and agents, and the report on them. */
@NullMarked
package dev.wiremesh.lab.cluster;

import org.jspecify.annotations.NullMarked;
