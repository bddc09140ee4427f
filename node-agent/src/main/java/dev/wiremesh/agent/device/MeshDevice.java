package dev.wiremesh.agent.device;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.device.DeviceConfig;
import dev.wiremesh.wireguard.device.DeviceCounters;
import dev.wiremesh.wireguard.device.DeviceSnapshot;
import dev.wiremesh.wireguard.device.EchoReply;
import dev.wiremesh.wireguard.device.EchoRequest;
import dev.wiremesh.wireguard.device.PeerConfig;
import dev.wiremesh.wireguard.offload.Offloads;
import java.io.IOException;
import java.util.List;

/**
 * The running WireGuard device of a network, as far as the agent uses it. The control thread
 * configures it; any thread may read it.
 */
public interface MeshDevice extends AutoCloseable {
  /** Configures the whole device; parts that do not differ are not touched. */
  void apply(DeviceConfig settings) throws IOException;

  void setPeer(PeerConfig peer);

  void removePeer(PublicKey peer);

  /** Starts a handshake with a peer whose endpoint is known, as soon as the interface is up. */
  void initiate(PublicKey peer);

  /** Sends echo requests inside the tunnel, each to the peer that its destination is routed to. */
  void echo(List<EchoRequest> requests);

  /** Takes the replies to echo requests that have come since the last call. */
  List<EchoReply> echoReplies();

  DeviceSnapshot snapshot();

  DeviceCounters counters();

  /** The kernel's offloads that are in use now. */
  Offloads offloads();

  /** Ends the device. The interface, its addresses and its routes stay. */
  @Override
  void close();
}
