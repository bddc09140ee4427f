package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * One WireGuard interface.
 *
 * <p>All methods may be called from any thread; each is one change under the control lock. A change
 * concerns nothing but what it names: other peers' sessions, timers and endpoints are untouched,
 * and a value that is already so is not set again. The UDP socket is open while the interface is
 * up.
 */
public interface WireGuardDevice extends AutoCloseable {
  /** Sets, replaces or (null) removes the default identity. */
  void setPrivateKey(@Nullable PrivateKey key);

  /** Sets or replaces a local identity; sessions under another key of that name end. */
  void setIdentity(String name, PrivateKey key);

  /**
   * @throws java.net.BindException if the port is taken; the old socket then stays
   */
  void setListenPort(int port) throws IOException;

  void setMark(int mark) throws IOException;

  /** Adds or changes a peer, as {@code wg set} does. */
  PeerUpdate.Result changePeer(PeerUpdate change);

  /** Makes the peer be as the settings say, or adds it. */
  void setPeer(PeerConfig settings);

  void removePeer(PublicKey peer);

  void removeAllPeers();

  /**
   * Shakes hands with a peer now, or as soon as the interface is up, without waiting for a packet
   * to send; nothing happens where its endpoint is not known.
   */
  void initiate(PublicKey peer);

  /** Makes the whole device be as the settings say; what is so already is not touched. */
  void apply(DeviceConfig settings) throws IOException;

  DeviceSnapshot snapshot();

  /**
   * The same in parts, for who passes it on slowly, so that nobody holds the snapshot of a large
   * device.
   */
  PagedSnapshot snapshotInParts(int peersInEach);

  DeviceCounters counters();

  /** Starts the three threads. */
  void start();

  /** Ends the threads, closes the socket and the TUN, and wipes all keys. */
  @Override
  void close();
}
