package dev.wiremesh.wireguard.control;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.io.memory.MemoryNetwork;
import dev.wiremesh.wireguard.noise.TransportKeys;
import dev.wiremesh.wireguard.peer.BoundSocket;
import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.peer.StagingBudget;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import dev.wiremesh.wireguard.session.Session;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Session indexes and reclaimer of a device with one peer. */
final class SessionFixture {
  final DeviceState state =
      new DeviceState(
          () -> 0,
          new BoundSocket(new MemoryNetwork(() -> 0, 1).host(IpAddress.parse("192.0.2.1"))),
          1420,
          1);
  final SessionReclaimer reclaimer = new SessionReclaimer(state);
  final SessionIndexes indexes;
  final Peer peer;

  SessionFixture(RandomGenerator random) {
    indexes = new SessionIndexes(state, random, reclaimer);
    peer = new Peer(PublicKey.of(new byte[32]), 0, "default", indexes, new StagingBudget());
  }

  /** A session of the peer with a new index; its peer does not use it yet. */
  Session<Peer> session() {
    var send = new byte[32];
    var receive = new byte[32];
    Arrays.fill(send, (byte) 1);
    Arrays.fill(receive, (byte) 2);
    return new Session<>(
        peer,
        indexes.newIndex(),
        2,
        true,
        0,
        new TransportKeys(send, receive),
        ProtocolLimits.STANDARD);
  }
}
