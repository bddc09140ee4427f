/** Base of the reconcilers: work limit, requeues, patches, Events. */
@NullMarked
package dev.wiremesh.operator.kube;

import org.jspecify.annotations.NullMarked;
