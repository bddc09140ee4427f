package dev.wiremesh.wireguard.control;

import dev.wiremesh.wireguard.device.DeviceEvent;
import dev.wiremesh.wireguard.device.EndpointSource;
import dev.wiremesh.wireguard.device.HandshakeOutcome;
import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import dev.wiremesh.wireguard.session.Session;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Consumer;

/**
 * Updates a peer's state and the counters after an authenticated handshake message, in either role.
 * Guarded by the control lock.
 */
public final class HandshakeEvents {
  private final DeviceState state;
  private final Consumer<DeviceEvent> events;
  private final InstantSource wall;
  private final ProtocolLimits limits;

  public HandshakeEvents(
      DeviceState state, Consumer<DeviceEvent> events, InstantSource wall, ProtocolLimits limits) {
    this.state = state;
    this.events = events;
    this.wall = wall;
    this.limits = limits;
  }

  /** An authentic message was received: its source becomes the peer's endpoint. */
  void received(Peer peer, Endpoint from) {
    Endpoint known = peer.path.endpoint;
    if (known == null || !known.sameDestination(from)) {
      state.counters.endpointChange(EndpointSource.HANDSHAKE);
    }
    peer.path.endpoint = from;
    state.wakeQueue.add(peer); // its deadlines have changed
  }

  /** A probe was answered. */
  void probeAnswered(Peer peer, Duration rtt) {
    peer.path.rtt.add(rtt);
    events.accept(new DeviceEvent.ProbeAnswered(peer.publicKey, rtt));
  }

  /**
   * A session was confirmed by both ends.
   *
   * @param durationNanos RTT; negative if it is not one
   */
  void completed(Peer peer, Session<Peer> session, long durationNanos, long now) {
    peer.handshake.attempts = 0;
    peer.handshake.initiationWanted = false;
    peer.handshake.lastCompleted = wall.instant();
    peer.handshake.lastCompletedNanos = now;
    peer.path.handshakeCompleted();
    peer.timers.zeroKeysNanos = session.createdNanos() + limits.zeroKeysNanos();
    peer.requests.renewal.set(false);
    state.counters.handshake(
        session.initiator()
            ? HandshakeOutcome.COMPLETED_AS_INITIATOR
            : HandshakeOutcome.COMPLETED_AS_RESPONDER);
    Duration duration = durationNanos < 0 ? null : Duration.ofNanos(durationNanos);
    if (duration != null) {
      peer.handshake.lastRtt = duration;
      peer.path.rtt.add(duration);
    }
    events.accept(
        new DeviceEvent.HandshakeCompleted(peer.publicKey, session.initiator(), duration));
  }
}
