package dev.wiremesh.wireguard.uapi;

import dev.wiremesh.wireguard.device.DeviceSnapshot;
import dev.wiremesh.wireguard.device.PeerSnapshot;
import java.io.IOException;
import java.util.Arrays;

/** One {@code get=1}: a device in lines, as the cross-platform specification orders them. */
final class GetOperation {
  private static final String NO_KEY = "0".repeat(64);

  private GetOperation() {}

  static void write(DeviceSnapshot device, Appendable out) throws IOException {
    var key = device.defaultPrivateKey();
    if (key != null) {
      var bytes = key.toBytes();
      line(out, "private_key", UapiValue.hex(bytes));
      Arrays.fill(bytes, (byte) 0);
    }
    if (device.listenPort() != 0) {
      line(out, "listen_port", Integer.toString(device.listenPort()));
    }
    if (device.mark() != 0) {
      line(out, "fwmark", Integer.toUnsignedString(device.mark()));
    }
    for (var peer : device.peers()) {
      writePeer(peer, out);
    }
  }

  private static void writePeer(PeerSnapshot peer, Appendable out) throws IOException {
    line(out, "public_key", UapiValue.hex(peer.publicKey().toBytes()));
    var presharedKey = peer.presharedKey();
    line(
        out,
        "preshared_key",
        presharedKey == null ? NO_KEY : UapiValue.hex(presharedKey.toBytes()));
    line(out, "protocol_version", "1");
    var endpoint = peer.endpoint();
    if (endpoint != null) {
      line(out, "endpoint", endpoint.toString());
    }
    var handshake = peer.lastHandshake();
    line(
        out,
        "last_handshake_time_sec",
        Long.toString(handshake == null ? 0 : handshake.getEpochSecond()));
    line(
        out,
        "last_handshake_time_nsec",
        Integer.toString(handshake == null ? 0 : handshake.getNano()));
    line(out, "tx_bytes", Long.toString(peer.sentBytes()));
    line(out, "rx_bytes", Long.toString(peer.receivedBytes()));
    line(out, "persistent_keepalive_interval", Integer.toString(peer.persistentKeepaliveSeconds()));
    for (var prefix : peer.allowedIps()) {
      line(out, "allowed_ip", prefix.toString());
    }
  }

  private static void line(Appendable out, String name, String value) throws IOException {
    out.append(name).append('=').append(value).append('\n');
  }
}
