package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.io.Endpoint;
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
 * @param smoothedRtt of all round trips measured, by handshakes and by probes; null before the
 *     first
 * @param jitter how far round trips are from the smoothed one on average; null before the second
 * @param receivedBytes of all authenticated datagrams, headers and handshakes included, as {@code
 *     wg} counts
 * @param lostPackets gaps in the counters of what was received that nothing has filled for a second
 *     or two of traffic, or until their session was over. It never falls: what comes later still is
 *     taken off the losses that follow
 * @param reorderedPackets how many came after one that was sent later (RFC 4737 section 3)
 * @param allowedIps in order
 */
public record PeerSnapshot(
    PublicKey publicKey,
    String identity,
    @Nullable PresharedKey presharedKey,
    @Nullable Endpoint endpoint,
    @Nullable Instant lastHandshake,
    @Nullable Duration handshakeRtt,
    @Nullable Duration smoothedRtt,
    @Nullable Duration jitter,
    long receivedBytes,
    long sentBytes,
    long receivedPackets,
    long sentPackets,
    long lostPackets,
    long reorderedPackets,
    int persistentKeepaliveSeconds,
    List<IpPrefix> allowedIps) {

  public PeerSnapshot {
    allowedIps = List.copyOf(allowedIps);
  }
}
