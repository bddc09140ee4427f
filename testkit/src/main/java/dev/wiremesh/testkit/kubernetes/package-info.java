/** A real Kubernetes control plane: the lookup of its programs, and a running one. */
@NullMarked
package dev.wiremesh.testkit.kubernetes;

import org.jspecify.annotations.NullMarked;
