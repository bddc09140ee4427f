/** Reconciliation of Peers: keys, home gateways, Secrets, client configurations, status. */
@NullMarked
package dev.wiremesh.operator.peer;

import org.jspecify.annotations.NullMarked;
