package dev.wiremesh.wireguard.peer;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.device.MonotonicClock;
import dev.wiremesh.wireguard.routing.PrefixTable;
import dev.wiremesh.wireguard.session.SessionTable;
import java.util.Set;

/**
 * State of a device that the packet threads and the control thread share. Any thread may use it;
 * each part says which threads may change it.
 */
public final class DeviceState {
  public final MonotonicClock clock;
  public final BoundSocket socket;
  public final Counters counters = new Counters();
  public final PeerWakeQueue wakeQueue = new PeerWakeQueue();
  public final HandshakeQueue handshakes = new HandshakeQueue();
  public final IcmpQueue icmpQueue = new IcmpQueue();
  public final EchoReplies echoReplies = new EchoReplies();
  public final StagingBudget stagingBudget = new StagingBudget();
  public final SessionTable<Peer> sessions = new SessionTable<>();
  public final PacketThreadEpoch sendEpoch = new PacketThreadEpoch();
  public final PacketThreadEpoch receiveEpoch = new PacketThreadEpoch();

  /** Allowed IPs; a new table is published under the control lock. */
  public volatile PrefixTable<NextHop> routes = PrefixTable.empty();

  /** Source addresses of probes, where probes of peers are answered; published with the routes. */
  public volatile Set<IpAddress> ownAddresses = Set.of();

  /** MTU of the interface; changed under the control lock. */
  public volatile int mtu;

  /** Random value in our probes, by which replies to them are recognised. */
  public final long probeSecret;

  public DeviceState(MonotonicClock clock, BoundSocket socket, int mtu, long probeSecret) {
    this.clock = clock;
    this.socket = socket;
    this.mtu = mtu;
    this.probeSecret = probeSecret;
  }
}
