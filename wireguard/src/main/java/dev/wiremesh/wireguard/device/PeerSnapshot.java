package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A peer as it is at one moment.
 *
 * @param endpoint where packets are sent now; null as long as nothing is known
 * @param lastHandshake wall time of the last completed handshake; null before the first
 * @param handshakeRtt round trip of the last handshake that was not disturbed by retransmission;
 *     null before the first
 * @param receivedBytes of all authenticated datagrams, headers and handshakes included, as {@code
 *     wg} counts
 * @param lostPackets gaps in the counters of what was received; what comes late fills its gap again
 * @param allowedIps in order
 */
public record PeerSnapshot(
    PublicKey publicKey,
    String identity,
    @Nullable PresharedKey presharedKey,
    @Nullable UdpEndpoint endpoint,
    @Nullable Instant lastHandshake,
    @Nullable Duration handshakeRtt,
    long receivedBytes,
    long sentBytes,
    long receivedPackets,
    long sentPackets,
    long lostPackets,
    int persistentKeepaliveSeconds,
    List<IpPrefix> allowedIps) {

  public PeerSnapshot {
    allowedIps = List.copyOf(allowedIps);
  }
}
