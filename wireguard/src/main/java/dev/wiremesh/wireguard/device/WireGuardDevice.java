package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One WireGuard interface.
 *
 * <p>All methods may be called from any thread; each is one change under the control lock. A change
 * affects only what it names: sessions, timers and endpoints of other peers stay, and a value that
 * is set already is not set again. The UDP socket is open while the interface is up.
 */
public interface WireGuardDevice extends AutoCloseable {
  /** Sets, replaces or (null) removes the default identity. */
  void setPrivateKey(@Nullable PrivateKey key);

  /** Sets or replaces a local identity; sessions under the previous key end. */
  void setIdentity(String name, PrivateKey key);

  /**
   * @throws java.net.BindException if the port is in use; the old socket then stays
   */
  void setListenPort(int port) throws IOException;

  void setMark(int mark) throws IOException;

  /** Adds or changes a peer, as {@code wg set} does. */
  PeerUpdate.Result changePeer(PeerUpdate change);

  /** Adds the peer or changes it to this configuration. */
  void setPeer(PeerConfig config);

  void removePeer(PublicKey peer);

  void removeAllPeers();

  /**
   * Begins a handshake with a peer now, or as soon as the interface is up, without a packet to
   * send. Does nothing if its endpoint is not known.
   */
  void initiate(PublicKey peer);

  /**
   * Sends echo requests, each to the peer that its destination is routed to. One whose peer has no
   * session is not sent, and begins no handshake.
   */
  void echo(List<EchoRequest> requests);

  /** Takes the replies to echo requests that have come since the last call. */
  List<EchoReply> echoReplies();

  /** Applies a complete configuration; values that are set already are not touched. */
  void apply(DeviceConfig config) throws IOException;

  DeviceSnapshot snapshot();

  /** A snapshot in pages, for slow readers: none of them holds the snapshot of a large device. */
  PagedSnapshot snapshotInParts(int peersInEach);

  DeviceCounters counters();

  /** Starts the sending, receiving and control threads. */
  void start();

  /** Stops the threads, closes the socket and the TUN, and wipes all keys. */
  @Override
  void close();
}
