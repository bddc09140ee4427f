/** A real Kubernetes of several nodes, and what is shown on it. */
@NullMarked
package dev.wiremesh.e2e.cluster;

import org.jspecify.annotations.NullMarked;
