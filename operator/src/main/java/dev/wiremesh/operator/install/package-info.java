/** Programs of the chart's hooks: apply the CRDs, wait until the nodes are clean. */
@NullMarked
package dev.wiremesh.operator.install;

import org.jspecify.annotations.NullMarked;
