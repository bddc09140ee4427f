package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.io.Endpoint;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** State of one peer at one moment. */
public record PeerSnapshot(
    PublicKey publicKey,
    Configuration configuration,
    Connection connection,
    Traffic traffic,
    RoundTrip roundTrip) {

  /**
   * Configured values that {@code wg show} prints.
   *
   * @param identity name of the local identity
   * @param presharedKey null for none
   * @param persistentKeepaliveSeconds 0 is off
   * @param allowedIps sorted
   */
  public record Configuration(
      String identity,
      @Nullable PresharedKey presharedKey,
      int persistentKeepaliveSeconds,
      List<IpPrefix> allowedIps) {
    public Configuration {
      allowedIps = List.copyOf(allowedIps);
    }
  }

  /**
   * Where and when the peer was last reached.
   *
   * @param endpoint destination of packets; null while none is known
   * @param lastHandshake wall time of the last completed handshake; null before the first
   */
  public record Connection(@Nullable Endpoint endpoint, @Nullable Instant lastHandshake) {}

  /**
   * Counters of authenticated datagrams.
   *
   * @param lostPackets gaps in the counters of received packets that stayed open for one to two
   *     seconds of traffic, or until the end of their session. Never falls: a packet that arrives
   *     later reduces the losses counted next
   * @param reorderedPackets packets that arrived after one that was sent later (RFC 4737 section 3)
   */
  public record Traffic(Volume received, Volume sent, long lostPackets, long reorderedPackets) {}

  /**
   * Datagrams of one direction.
   *
   * @param bytes headers and handshakes included, as {@code wg} counts
   */
  public record Volume(long bytes, long packets) {}

  /**
   * Measured RTTs.
   *
   * @param handshake RTT of the last handshake without retransmission or cookie; null before the
   *     first
   * @param smoothed of handshakes and probes; null before the first
   * @param jitter mean deviation from the smoothed RTT; null before the second
   */
  public record RoundTrip(
      @Nullable Duration handshake, @Nullable Duration smoothed, @Nullable Duration jitter) {
    public static final RoundTrip UNMEASURED = new RoundTrip(null, null, null);
  }
}
