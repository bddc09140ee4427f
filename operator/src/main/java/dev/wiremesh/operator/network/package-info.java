/** Networks: what is chosen for them, the nodes that join, their status. */
@NullMarked
package dev.wiremesh.operator.network;

import org.jspecify.annotations.NullMarked;
