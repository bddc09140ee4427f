package dev.wiremesh.wireguard.uapi;

import dev.wiremesh.wireguard.device.DeviceSnapshot;
import dev.wiremesh.wireguard.device.PeerSnapshot;
import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.io.IOException;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/**
 * One {@code get=1} operation: a device as lines, in the order of the cross-platform specification.
 */
final class GetOperation {
  private static final byte[] NO_KEY = new byte[32];

  private final LineWriter out;

  /** Names of the interfaces of link-local endpoints, by index. */
  private final Map<Integer, String> interfaceNames = new HashMap<>();

  GetOperation(LineWriter out) {
    this.out = out;
  }

  /** Writes the parts of one device, each taken when the client has read the one before. */
  void write(Iterator<DeviceSnapshot> device) throws IOException {
    var part = device.next();
    writeDevice(part);
    writePeers(part);
    while (device.hasNext()) {
      writePeers(device.next());
    }
  }

  private void writeDevice(DeviceSnapshot device) throws IOException {
    var key = device.defaultPrivateKey();
    if (key != null) {
      secret("private_key", key.toBytes());
    }
    if (device.listenPort() != 0) {
      out.line("listen_port", device.listenPort());
    }
    if (device.mark() != 0) {
      out.line("fwmark", Integer.toUnsignedLong(device.mark()));
    }
  }

  private void writePeers(DeviceSnapshot part) throws IOException {
    for (var peer : part.peers()) {
      writePeer(peer);
    }
  }

  private void writePeer(PeerSnapshot peer) throws IOException {
    out.line("public_key", peer.publicKey().toBytes());
    var presharedKey = peer.configuration().presharedKey();
    if (presharedKey == null) {
      out.line("preshared_key", NO_KEY);
    } else {
      secret("preshared_key", presharedKey.toBytes());
    }
    out.line("protocol_version", 1);
    var endpoint = peer.connection().endpoint();
    if (endpoint != null) {
      out.line("endpoint", text(endpoint));
    }
    var handshake = peer.connection().lastHandshake();
    out.line("last_handshake_time_sec", handshake == null ? 0 : handshake.getEpochSecond());
    out.line("last_handshake_time_nsec", handshake == null ? 0 : handshake.getNano());
    out.line("tx_bytes", peer.traffic().sent().bytes());
    out.line("rx_bytes", peer.traffic().received().bytes());
    out.line("persistent_keepalive_interval", peer.configuration().persistentKeepaliveSeconds());
    for (var prefix : peer.configuration().allowedIps()) {
      out.line("allowed_ip", prefix);
    }
  }

  /**
   * The endpoint as text, with the interface name of a link-local address if there is one, as the
   * kernel shows it.
   */
  private String text(Endpoint endpoint) {
    if (!(endpoint instanceof UdpEndpoint udp) || udp.scope() == 0) {
      return endpoint.toString();
    }
    var name = interfaceNames.computeIfAbsent(udp.scope(), GetOperation::interfaceName);
    return "[" + udp.address() + "%" + name + "]:" + udp.port();
  }

  private static String interfaceName(int index) {
    try {
      var link = NetworkInterface.getByIndex(index);
      return link == null ? Integer.toString(index) : link.getName();
    } catch (SocketException e) {
      return Integer.toString(index);
    }
  }

  private void secret(String name, byte[] key) throws IOException {
    out.line(name, key);
    Arrays.fill(key, (byte) 0);
  }
}
