package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.keys.PrivateKey;
import java.util.List;
import java.util.Map;

/**
 * Complete configuration of a device. Applying it removes peers and identities that it does not
 * contain.
 *
 * @param identities the local static keys by name; {@link #DEFAULT_IDENTITY} is the one that {@code
 *     wg show} prints
 * @param listenPort UDP port; 0 lets the kernel choose
 * @param mark firewall mark of the UDP socket; 0 is none
 */
public record DeviceConfig(
    Map<String, PrivateKey> identities, int listenPort, int mark, List<PeerConfig> peers) {
  public static final String DEFAULT_IDENTITY = "default";

  public DeviceConfig {
    identities = Map.copyOf(identities);
    peers = List.copyOf(peers);
  }
}
