package dev.wiremesh.wireguard.uapi;

import dev.wiremesh.wireguard.device.DeviceSnapshot;
import dev.wiremesh.wireguard.device.PeerSnapshot;
import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;

/** One {@code get=1}: a device in lines, as the cross-platform specification orders them. */
final class GetOperation {
  private static final byte[] NO_KEY = new byte[32];

  private GetOperation() {}

  /** The parts of one device, each when the client has taken the one before. */
  static void write(Iterator<DeviceSnapshot> device, LineWriter out) throws IOException {
    var part = device.next();
    writeDevice(part, out);
    writePeers(part, out);
    while (device.hasNext()) {
      writePeers(device.next(), out);
    }
  }

  private static void writeDevice(DeviceSnapshot device, LineWriter out) throws IOException {
    var key = device.defaultPrivateKey();
    if (key != null) {
      secret(out, "private_key", key.toBytes());
    }
    if (device.listenPort() != 0) {
      out.line("listen_port", device.listenPort());
    }
    if (device.mark() != 0) {
      out.line("fwmark", Integer.toUnsignedLong(device.mark()));
    }
  }

  private static void writePeers(DeviceSnapshot part, LineWriter out) throws IOException {
    for (var peer : part.peers()) {
      writePeer(peer, out);
    }
  }

  private static void writePeer(PeerSnapshot peer, LineWriter out) throws IOException {
    out.line("public_key", peer.publicKey().toBytes());
    var presharedKey = peer.presharedKey();
    if (presharedKey == null) {
      out.line("preshared_key", NO_KEY);
    } else {
      secret(out, "preshared_key", presharedKey.toBytes());
    }
    out.line("protocol_version", 1);
    var endpoint = peer.endpoint();
    if (endpoint != null) {
      out.line("endpoint", endpoint.toString());
    }
    var handshake = peer.lastHandshake();
    out.line("last_handshake_time_sec", handshake == null ? 0 : handshake.getEpochSecond());
    out.line("last_handshake_time_nsec", handshake == null ? 0 : handshake.getNano());
    out.line("tx_bytes", peer.sentBytes());
    out.line("rx_bytes", peer.receivedBytes());
    out.line("persistent_keepalive_interval", peer.persistentKeepaliveSeconds());
    for (var prefix : peer.allowedIps()) {
      out.line("allowed_ip", prefix);
    }
  }

  private static void secret(LineWriter out, String name, byte[] key) throws IOException {
    out.line(name, key);
    Arrays.fill(key, (byte) 0);
  }
}
