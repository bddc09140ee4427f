package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.keys.PrivateKey;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * State of a device at one moment: the values that {@code wg show} prints.
 *
 * @param listenPort the port in use; while the interface is down, the one requested
 * @param peers in the order in which they were added
 */
public record DeviceSnapshot(
    String name,
    boolean up,
    Map<String, PrivateKey> identities,
    int listenPort,
    int mark,
    List<PeerSnapshot> peers) {

  public DeviceSnapshot {
    identities = Map.copyOf(identities);
    peers = List.copyOf(peers);
  }

  /** The same device with other peers. */
  public DeviceSnapshot withPeers(List<PeerSnapshot> others) {
    return new DeviceSnapshot(name, up, identities, listenPort, mark, others);
  }

  /** Private key of the default identity, which {@code wg show} prints. */
  public @Nullable PrivateKey defaultPrivateKey() {
    return identities.get(DeviceConfig.DEFAULT_IDENTITY);
  }
}
