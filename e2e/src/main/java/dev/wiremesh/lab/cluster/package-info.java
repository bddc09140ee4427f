/** The lab itself: machines, a control plane, our programs on them, and what is to be seen. */
@NullMarked
package dev.wiremesh.lab.cluster;

import org.jspecify.annotations.NullMarked;
