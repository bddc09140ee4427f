package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a peer shall be, completely: what is not said here is not so.
 *
 * @param identity name of the local identity that talks to this peer, see {@link DeviceSettings}
 * @param endpointHint where to try first; it never replaces an endpoint that a fresh handshake came
 *     from, and null forgets nothing that was learned
 * @param persistentKeepaliveSeconds 0 to 65535; 0 is off
 * @param allowedIps what may come from this peer, and what is sent to it
 */
public record PeerSettings(
    PublicKey publicKey,
    String identity,
    @Nullable PresharedKey presharedKey,
    @Nullable UdpEndpoint endpointHint,
    int persistentKeepaliveSeconds,
    Set<IpPrefix> allowedIps) {

  public PeerSettings {
    if (persistentKeepaliveSeconds < 0 || persistentKeepaliveSeconds > 65_535) {
      throw new IllegalArgumentException(
          "a persistent keepalive of "
              + persistentKeepaliveSeconds
              + " s is out of range: 0 to 65535");
    }
    allowedIps = Set.copyOf(allowedIps);
  }
}
