package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.net.IpAddress;
import java.time.Duration;

/**
 * How a peer's round trip is measured inside the tunnel: by an ICMP echo request from an address of
 * ours to one of the peer's. A peer like us answers in its data plane, any other one in its system.
 * A peer without traffic is left in peace.
 *
 * @param from an address that the peer accepts from us
 * @param to an address among the peer's allowed IPs, of the same family
 * @param interval between two probes while there is traffic
 */
public record Probe(IpAddress from, IpAddress to, Duration interval) {
  public Probe {
    if (from.family() != to.family()) {
      throw new IllegalArgumentException("a probe from " + from + " cannot reach " + to);
    }
    if (interval.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException("a probe every " + interval + " is too much: 1 s or more");
    }
  }
}
