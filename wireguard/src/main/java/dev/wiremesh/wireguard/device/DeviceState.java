package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.routing.PrefixTable;
import dev.wiremesh.wireguard.session.SessionTable;
import java.util.Set;

/**
 * What the packet threads and the control thread have in common. All of it may be used by any
 * thread; who may change what stands with each part.
 */
final class DeviceState {
  final MonotonicClock clock;
  final BoundSocket link;
  final Counters counters = new Counters();
  final PeerWakeQueue attention = new PeerWakeQueue();
  final HandshakeQueue handshakes = new HandshakeQueue();
  final IcmpQueue notices = new IcmpQueue();
  final StagingBudget stagingRoom = new StagingBudget();
  final SessionTable<Peer> sessions = new SessionTable<>();
  final PacketThreadEpoch sending = new PacketThreadEpoch();
  final PacketThreadEpoch receiving = new PacketThreadEpoch();

  /** Allowed IPs; a new table is published under the control lock. */
  volatile PrefixTable<NextHop> routes = PrefixTable.empty();

  /** Those that we send probes from; published with the allowed IPs. */
  volatile Set<IpAddress> ownAddresses = Set.of();

  /** Of the interface; changed under the control lock. */
  volatile int mtu;

  /** By this we know the answers to our own probes. */
  final long probeSecret;

  DeviceState(MonotonicClock clock, BoundSocket link, int mtu, long probeSecret) {
    this.clock = clock;
    this.link = link;
    this.mtu = mtu;
    this.probeSecret = probeSecret;
  }
}
