/** What reconcilers share when they write: conditions, status, Events, Secrets. */
@NullMarked
package dev.wiremesh.operator.kube;

import org.jspecify.annotations.NullMarked;
