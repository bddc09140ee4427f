/** WireGuardNetworks: device parameters, membership of nodes, status. */
@NullMarked
package dev.wiremesh.operator.network;

import org.jspecify.annotations.NullMarked;
