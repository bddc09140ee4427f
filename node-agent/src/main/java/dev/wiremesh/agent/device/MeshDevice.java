package dev.wiremesh.agent.device;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.device.DeviceConfig;
import dev.wiremesh.wireguard.device.DeviceCounters;
import dev.wiremesh.wireguard.device.DeviceSnapshot;
import dev.wiremesh.wireguard.device.PeerConfig;
import dev.wiremesh.wireguard.offload.Offloads;
import java.io.IOException;

/**
 * A network's running WireGuard device, as far as the agent steers it. Any thread may look at it;
 * the control thread changes it.
 */
public interface MeshDevice extends AutoCloseable {
  /** Makes the whole device be so; what is so already is not touched. */
  void apply(DeviceConfig settings) throws IOException;

  void setPeer(PeerConfig peer);

  void removePeer(PublicKey peer);

  /** Shakes hands with a peer whose endpoint is known, as soon as the interface is up. */
  void initiate(PublicKey peer);

  DeviceSnapshot snapshot();

  DeviceCounters counters();

  /** Which of the kernel's offloads are in use now. */
  Offloads offloads();

  /** False once its interface is gone: then it must be opened anew. */
  boolean isAlive();

  /** Stops it. The interface, its addresses and its routes stay. */
  @Override
  void close();
}
