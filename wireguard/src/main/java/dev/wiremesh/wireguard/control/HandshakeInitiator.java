package dev.wiremesh.wireguard.control;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.wireguard.device.DropReason;
import dev.wiremesh.wireguard.device.HandshakeOutcome;
import dev.wiremesh.wireguard.handshake.CookieReply;
import dev.wiremesh.wireguard.handshake.Initiation;
import dev.wiremesh.wireguard.handshake.Response;
import dev.wiremesh.wireguard.handshake.Tai64n;
import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.noise.Curve25519;
import dev.wiremesh.wireguard.noise.InitiatorHandshake;
import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.LocalIdentity;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.peer.PendingHandshake;
import dev.wiremesh.wireguard.peer.TrafficCounter;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import dev.wiremesh.wireguard.session.Session;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Initiator role of the handshake: initiation, retransmission, response, giving up (whitepaper
 * sections 5.4.2 to 5.4.4 and 6.4). Guarded by the control lock.
 */
public final class HandshakeInitiator {
  public static final byte[] PROLOGUE =
      "WireGuard v1 zx2c4 Jason@zx2c4.com".getBytes(StandardCharsets.US_ASCII);

  private static final int WHITENED_NANOS = 1 << 24;

  private final DeviceState state;
  private final SessionIndexes indexes;
  private final ControlSender sender;
  private final HandshakeEvents events;
  private final InstantSource wall;
  private final RandomGenerator random;
  private final ProtocolLimits limits;

  public HandshakeInitiator(
      DeviceState state,
      SessionIndexes indexes,
      ControlSender sender,
      HandshakeEvents events,
      InstantSource wall,
      RandomGenerator random,
      ProtocolLimits limits) {
    this.state = state;
    this.indexes = indexes;
    this.sender = sender;
    this.events = events;
    this.wall = wall;
    this.random = random;
    this.limits = limits;
  }

  /**
   * Begins a handshake. A pending one is kept from giving up, and is begun again as soon as
   * REKEY_TIMEOUT allows, without the jitter of a retransmission.
   */
  void begin(Peer peer, long now) {
    peer.handshake.attempts = 0;
    if (peer.handshake.pending == null || now >= earliestNanos(peer)) {
      sendWhenAllowed(peer, now);
    }
  }

  /** Sends an initiation, or defers it until REKEY_TIMEOUT allows it. */
  void sendWhenAllowed(Peer peer, long now) {
    peer.handshake.initiationWanted = now < earliestNanos(peer);
    if (!peer.handshake.initiationWanted) {
      send(peer, now);
    }
  }

  /**
   * Earliest time of the next initiation to this peer. A sent response defers it like a sent
   * initiation, as in the kernel.
   */
  long earliestNanos(Peer peer) {
    return peer.handshake.lastSentNanos + limits.rekeyTimeoutNanos();
  }

  /** When an initiation without a response is sent again. */
  long retransmitNanos(PendingHandshake pending) {
    return Math.max(pending.retransmitNanos(), earliestNanos(pending.peer()));
  }

  /** Sends the initiation again after a timeout, or gives up. */
  void retransmit(Peer peer, long now) {
    if (peer.handshake.attempts >= limits.maxInitiations()) {
      giveUp(peer, now);
      return;
    }
    peer.path.forgetSource();
    send(peer, now);
  }

  private void giveUp(Peer peer, long now) {
    indexes.endPending(peer);
    peer.timers.dataReceived.settle(); // a keepalive would begin a new handshake
    state.counters.handshake(HandshakeOutcome.GAVE_UP);
    dropStaged(peer);
    if (peer.timers.zeroKeysNanos == TrafficCounter.NEVER) {
      peer.timers.zeroKeysNanos = now + limits.zeroKeysNanos();
    }
  }

  private void dropStaged(Peer peer) {
    state.counters.drop(DropReason.HANDSHAKE_FAILED, peer.staged.drop());
  }

  private void send(Peer peer, long now) {
    var identity = peer.config.identity;
    if (identity == null || peer.path.endpoint == null) {
      indexes.endPending(peer);
      return;
    }
    byte[] staticStatic = peer.staticStatic();
    var timestamp = nextTimestamp(peer);
    var begun =
        staticStatic == null
            ? null
            : InitiatorHandshake.begin(
                PROLOGUE,
                identity.privateBytes(),
                identity.publicBytes(),
                peer.publicKey.toBytes(),
                staticStatic,
                newEphemeral(random),
                timestamp.toBytes());
    if (begun == null) { // the peer's key is of low order: no handshake can succeed
      indexes.endPending(peer);
      dropStaged(peer);
      return;
    }
    int index = indexes.newIndex();
    byte[] message =
        new Initiation(index, begun.ephemeral(), begun.encryptedStatic(), begun.encryptedPayload())
            .toBytes();
    peer.handshake.cookieGenerator.sign(message, now);
    peer.handshake.attempts++;
    peer.path.initiationSent(peer.traffic.receivedPackets(), peer.canSend(now));
    peer.handshake.lastSentNanos = now;
    peer.handshake.lastTimestampSent = timestamp;
    long retransmit =
        now + limits.rekeyTimeoutNanos() + random.nextLong(Math.max(1, limits.jitterNanos()));
    boolean first = peer.handshake.pending == null;
    indexes.await(new PendingHandshake(peer, index, begun.handshake(), now, retransmit, first));
    var endpoint = peer.path.initiationEndpoint();
    if (endpoint != null) {
      sender.toPeer(peer, endpoint, message, now);
    }
    state.counters.handshake(HandshakeOutcome.INITIATION_SENT);
  }

  /** Later than all sent before, even if the wall clock was set back at run time. */
  private Tai64n nextTimestamp(Peer peer) {
    var byClock = Tai64n.of(wall.instant());
    var last = peer.lastTimestampToHost();
    if (last == null || byClock.compareTo(last) > 0) {
      return byClock;
    }
    int nanos = last.nanos() + WHITENED_NANOS;
    return nanos < 1_000_000_000
        ? new Tai64n(last.seconds(), nanos)
        : new Tai64n(last.seconds() + 1, 0);
  }

  static byte[] newEphemeral(RandomGenerator random) {
    var key = new byte[Curve25519.KEY_LENGTH];
    random.nextBytes(key);
    return key;
  }

  /** Handles a response whose MAC1 is valid for {@code identity}. */
  void onResponse(Response response, LocalIdentity identity, Endpoint from, int length, long now) {
    var pending = indexes.pending(response.receiver());
    if (pending == null || !isBoundTo(pending.peer(), identity)) {
      state.counters.handshake(HandshakeOutcome.RESPONSE_INVALID);
      return;
    }
    var peer = pending.peer();
    byte[] presharedKey = bytesOf(peer.config.presharedKey);
    var finished =
        pending.handshake().finish(response.ephemeral(), presharedKey, response.encryptedNothing());
    Arrays.fill(presharedKey, (byte) 0);
    if (finished == null) {
      state.counters.handshake(HandshakeOutcome.RESPONSE_INVALID);
      return;
    }
    var session =
        new Session<>(
            peer, pending.localIndex(), response.sender(), true, now, finished.keys(), limits);
    indexes.endPending(peer);
    peer.keypairs.adoptAsInitiator(session);
    peer.traffic.receivedByControl.add(1, length, now);
    events.received(peer, from);
    events.completed(peer, session, pending.undisturbed() ? now - pending.sentNanos() : -1, now);
    if (sender.staged(peer, now) == 0) {
      sender.keepalive(peer, now); // key confirmation: the responder may not send before
    }
  }

  /** Compares keys, since one key may have two names for a while. */
  private static boolean isBoundTo(Peer peer, LocalIdentity identity) {
    var bound = peer.config.identity;
    return bound != null && bound.publicKey().equals(identity.publicKey());
  }

  /** A copy that the caller wipes; zeros for no preshared key. */
  static byte[] bytesOf(@Nullable PresharedKey key) {
    return key == null ? new byte[32] : key.toBytes();
  }

  /** Handles a cookie reply: the next message to the peer carries the cookie as MAC2. */
  void onCookie(CookieReply reply, long now) {
    var peer = indexes.peerOf(reply.receiver());
    if (peer == null || !peer.handshake.cookieGenerator.consumeReply(reply, now)) {
      return;
    }
    state.counters.handshake(HandshakeOutcome.COOKIE_RECEIVED);
    var pending = peer.handshake.pending;
    if (pending != null && pending.localIndex() == reply.receiver()) {
      indexes.disturb(pending);
    }
  }
}
