/** Reconciliation of MeshNodes: a node's key, addresses and endpoints in a network. */
@NullMarked
package dev.wiremesh.operator.node;

import org.jspecify.annotations.NullMarked;
