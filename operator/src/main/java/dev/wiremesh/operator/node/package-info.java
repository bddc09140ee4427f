/** MeshNodes: a node's keys, addresses and endpoints in a network. */
@NullMarked
package dev.wiremesh.operator.node;

import org.jspecify.annotations.NullMarked;
