package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.net.IpAddress;
import java.time.Duration;

/**
 * RTT measurement inside the tunnel, by ICMP echo requests from a local address to one of the peer.
 * Another device of this implementation answers in its data plane, any other peer in its kernel. A
 * peer without traffic is not probed.
 *
 * @param from a local address that the peer accepts
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
