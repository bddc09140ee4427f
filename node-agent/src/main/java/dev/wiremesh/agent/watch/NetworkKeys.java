package dev.wiremesh.agent.watch;

import dev.wiremesh.core.keys.PresharedKeySeed;
import dev.wiremesh.core.keys.PrivateKey;
import org.jspecify.annotations.Nullable;

/**
 * The secrets that a node needs for a network. Never printed.
 *
 * @param node this node's own key
 * @param gateway the gateways' shared key; null on a node that is no gateway
 * @param seed of the pairs' preshared keys; null where the network has none
 */
public record NetworkKeys(
    PrivateKey node, @Nullable PrivateKey gateway, @Nullable PresharedKeySeed seed) {
  @Override
  public String toString() {
    return "(keys)";
  }
}
