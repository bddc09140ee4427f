package dev.wiremesh.wireguard.uapi;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.device.PeerUpdate;
import dev.wiremesh.wireguard.device.WireGuardDevice;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import java.io.IOException;
import java.net.BindException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One {@code set=1} operation: lines about the device, then lines about peers, each peer beginning
 * with its public key. Device lines take effect as they are read, a peer with its last line; lines
 * before a wrong line or an early end take effect too, as in the reference.
 *
 * <p>The lines about a peer are one change: {@code remove} and {@code update_only} apply to the
 * whole of it wherever they stand, as in the kernel, where they are flags of the peer. In the
 * reference a line before them has taken effect by then, and has moved prefixes from other peers;
 * here only if it belonged to an earlier change, see {@link #MAX_PENDING_STEPS}.
 */
final class SetOperation {
  /**
   * Limit of allowed IPs in one change; longer lists become several changes, so that hundreds of
   * clients that stop in the middle of a list hold little memory.
   */
  private static final int MAX_PENDING_STEPS = 512;

  private static final byte[] ZERO_KEY = new byte[32];

  private final WireGuardDevice device;
  private @Nullable PendingPeer peer;

  SetOperation(WireGuardDevice device) {
    this.device = device;
  }

  /** The lines about one peer. */
  private static final class PendingPeer {
    private final PublicKey key;
    private PeerUpdate.Builder change;
    private boolean updateOnly;
    private boolean remove;

    /** True if an earlier change of the same lines added the peer. */
    private boolean added;

    private int pendingSteps;

    PendingPeer(PublicKey key) {
      this.key = key;
      change = PeerUpdate.of(key);
    }
  }

  private void apply(PendingPeer peer) throws UapiException {
    switch (device.changePeer(peer.change.build())) {
      case ADDED -> peer.added = true;
      case CHANGED, LEFT_ALONE -> {}
      case NO_ROOM -> throw new UapiException(Errno.EINVAL, "there is no room for another peer");
    }
  }

  void line(String name, String value) throws UapiException {
    if (name.equals("public_key")) {
      finish();
      peer = new PendingPeer(PublicKey.of(UapiValue.key(name, value)));
    } else if (peer == null) {
      deviceLine(name, value);
    } else {
      peerLine(peer, name, value);
    }
  }

  /** Applies the change of the last peer, after the last line or before a wrong one. */
  void finish() throws UapiException {
    var last = peer;
    peer = null;
    if (last == null) {
      return;
    }
    if (last.remove) {
      device.removePeer(last.key);
    } else {
      apply(last);
    }
  }

  private void deviceLine(String name, String value) throws UapiException {
    switch (name) {
      case "private_key" -> setPrivateKey(UapiValue.key(name, value));
      case "listen_port" -> setListenPort(UapiValue.upTo(UapiValue.MAX_PORT, name, value));
      case "fwmark" -> setMark((int) UapiValue.u32(name, value));
      case "replace_peers" -> {
        UapiValue.isTrue(name, value);
        device.removeAllPeers();
      }
      default -> throw unknown(name);
    }
  }

  private void setPrivateKey(byte[] key) {
    try {
      device.setPrivateKey(Arrays.equals(key, ZERO_KEY) ? null : PrivateKey.of(key));
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  private void setListenPort(int port) throws UapiException {
    try {
      device.setListenPort(port);
    } catch (BindException e) {
      throw new UapiException(Errno.EADDRINUSE, "listen_port: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UapiException(Errno.EIO, "listen_port: " + e.getMessage(), e);
    }
  }

  private void setMark(int mark) throws UapiException {
    try {
      device.setMark(mark);
    } catch (IOException e) {
      throw new UapiException(Errno.EIO, "fwmark: " + e.getMessage(), e);
    }
  }

  private void peerLine(PendingPeer peer, String name, String value) throws UapiException {
    switch (name) {
      case "update_only" -> {
        UapiValue.isTrue(name, value);
        peer.updateOnly = true;
        peer.change.updateOnly();
        if (peer.added) {
          device.removePeer(peer.key);
          peer.added = false;
        }
      }
      case "remove" -> {
        UapiValue.isTrue(name, value);
        peer.remove = true;
        peer.change = PeerUpdate.of(peer.key); // discards the change
      }
      case "preshared_key" -> setPresharedKey(peer, UapiValue.key(name, value));
      case "endpoint" -> peer.change.endpoint(UapiValue.endpoint(value));
      case "persistent_keepalive_interval" ->
          peer.change.persistentKeepalive(UapiValue.upTo(UapiValue.MAX_PORT, name, value));
      case "replace_allowed_ips" -> {
        UapiValue.isTrue(name, value);
        peer.change.replaceAllowedIps();
        countStep(peer);
      }
      case "allowed_ip" -> allowedIp(peer, value);
      case "protocol_version" -> {
        if (!value.equals("1")) {
          throw new UapiException(Errno.EINVAL, "there is only protocol_version 1");
        }
      }
      default -> throw unknown(name);
    }
  }

  private static void setPresharedKey(PendingPeer peer, byte[] key) {
    try {
      peer.change.presharedKey(PresharedKey.of(key));
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  private void allowedIp(PendingPeer peer, String value) throws UapiException {
    if (value.startsWith("-")) {
      peer.change.disallow(UapiValue.prefix(value.substring(1)));
    } else {
      peer.change.allow(UapiValue.prefix(value));
    }
    countStep(peer);
  }

  private void countStep(PendingPeer peer) throws UapiException {
    if (++peer.pendingSteps == MAX_PENDING_STEPS) {
      if (!peer.remove) {
        apply(peer);
      }
      peer.pendingSteps = 0;
      peer.change = PeerUpdate.of(peer.key);
      if (peer.updateOnly) {
        peer.change.updateOnly();
      }
    }
  }

  private static UapiException unknown(String name) {
    return new UapiException(Errno.EINVAL, "unknown line '" + name + "'");
  }
}
