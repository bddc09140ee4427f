/** A real Kubernetes control plane: where its programs come from, and one that runs. */
@NullMarked
package dev.wiremesh.testkit.kubernetes;

import org.jspecify.annotations.NullMarked;
