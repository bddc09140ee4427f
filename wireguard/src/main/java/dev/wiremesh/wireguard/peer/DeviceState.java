package dev.wiremesh.wireguard.peer;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.device.MonotonicClock;
import dev.wiremesh.wireguard.routing.PrefixTable;
import dev.wiremesh.wireguard.session.SessionTable;
import java.util.Set;

/**
 * What the packet threads and the control thread have in common. All of it may be used by any
 * thread; who may change what stands with each part.
 */
public final class DeviceState {
  public final MonotonicClock clock;
  public final BoundSocket socket;
  public final Counters counters = new Counters();
  public final PeerWakeQueue wakeQueue = new PeerWakeQueue();
  public final HandshakeQueue handshakes = new HandshakeQueue();
  public final IcmpQueue icmpQueue = new IcmpQueue();
  public final StagingBudget stagingBudget = new StagingBudget();
  public final SessionTable<Peer> sessions = new SessionTable<>();
  public final PacketThreadEpoch sendEpoch = new PacketThreadEpoch();
  public final PacketThreadEpoch receiveEpoch = new PacketThreadEpoch();

  /** Allowed IPs; a new table is published under the control lock. */
  public volatile PrefixTable<NextHop> routes = PrefixTable.empty();

  /** Those that we send probes from; published with the allowed IPs. */
  public volatile Set<IpAddress> ownAddresses = Set.of();

  /** Of the interface; changed under the control lock. */
  public volatile int mtu;

  /** By this we know the answers to our own probes. */
  public final long probeSecret;

  public DeviceState(MonotonicClock clock, BoundSocket socket, int mtu, long probeSecret) {
    this.clock = clock;
    this.socket = socket;
    this.mtu = mtu;
    this.probeSecret = probeSecret;
  }
}
