package dev.wiremesh.operator.clientconfig;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import org.jspecify.annotations.Nullable;

/**
 * The keys in a client configuration.
 *
 * @param privateKey null if only the public key is known to the cluster
 * @param gateway the identity that all gateways of the network share
 * @param presharedKey null for none
 */
public record ClientKeys(
    @Nullable PrivateKey privateKey, PublicKey gateway, @Nullable PresharedKey presharedKey) {}
