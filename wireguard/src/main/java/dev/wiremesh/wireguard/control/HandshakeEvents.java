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

/** Writes down what a handshake, in either role, has shown. Guarded by the control lock. */
public final class HandshakeEvents {
  private final DeviceState shared;
  private final Consumer<DeviceEvent> events;
  private final InstantSource wall;
  private final ProtocolLimits limits;

  public HandshakeEvents(
      DeviceState shared, Consumer<DeviceEvent> events, InstantSource wall, ProtocolLimits limits) {
    this.shared = shared;
    this.events = events;
    this.wall = wall;
    this.limits = limits;
  }

  /** An authentic message came from there: that is where the peer is now. */
  void heardFrom(Peer peer, Endpoint from) {
    Endpoint known = peer.endpoint;
    if (known == null || !known.sameDestination(from)) {
      shared.counters.endpointChange(EndpointSource.HANDSHAKE);
    }
    peer.endpoint = from;
    shared.attention.ask(peer); // its timers have moved
  }

  /** A probe was answered. */
  void probed(Peer peer, Duration roundTrip) {
    peer.roundTrips.add(roundTrip);
    events.accept(new DeviceEvent.ProbeAnswered(peer.publicKey, roundTrip));
  }

  /**
   * Both ends have the session.
   *
   * @param durationNanos round trip, negative if it means nothing
   */
  void completed(Peer peer, Session<Peer> session, long durationNanos, long now) {
    peer.attempts = 0;
    peer.noteAnswer();
    peer.initiationWanted = false;
    peer.lastHandshake = wall.instant();
    peer.lastHandshakeNanos = now;
    peer.zeroKeysNanos = session.createdNanos() + limits.zeroKeysNanos();
    peer.renewalWanted.set(false);
    shared.counters.handshake(
        session.initiator()
            ? HandshakeOutcome.COMPLETED_AS_INITIATOR
            : HandshakeOutcome.COMPLETED_AS_RESPONDER);
    Duration duration = durationNanos < 0 ? null : Duration.ofNanos(durationNanos);
    if (duration != null) {
      peer.handshakeRtt = duration;
      peer.roundTrips.add(duration);
    }
    events.accept(
        new DeviceEvent.HandshakeCompleted(peer.publicKey, session.initiator(), duration));
  }
}
