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
 * Handshakes that we begin: initiation, retransmission, response, giving up (whitepaper sections
 * 5.4.2 to 5.4.4 and 6.4). Guarded by the control lock.
 */
public final class HandshakeInitiator {
  public static final byte[] PROLOGUE =
      "WireGuard v1 zx2c4 Jason@zx2c4.com".getBytes(StandardCharsets.US_ASCII);

  private static final int WHITENED_NANOS = 1 << 24;

  private final DeviceState shared;
  private final SessionKeeper sessions;
  private final ControlSender sender;
  private final HandshakeEvents book;
  private final InstantSource wall;
  private final RandomGenerator random;
  private final ProtocolLimits limits;

  public HandshakeInitiator(
      DeviceState shared,
      SessionKeeper sessions,
      ControlSender sender,
      HandshakeEvents book,
      InstantSource wall,
      RandomGenerator random,
      ProtocolLimits limits) {
    this.shared = shared;
    this.sessions = sessions;
    this.sender = sender;
    this.book = book;
    this.wall = wall;
    this.random = random;
    this.limits = limits;
  }

  /**
   * Begins a handshake; one that is going on is kept from giving up, and begun anew as soon as it
   * may be, without the jitter of a repetition.
   */
  void begin(Peer peer, long now) {
    peer.attempts = 0;
    if (peer.pending == null || now >= earliestNanos(peer)) {
      sendWhenAllowed(peer, now);
    }
  }

  /** Sends an initiation that was put off, if it is time. */
  void sendWhenAllowed(Peer peer, long now) {
    peer.initiationWanted = now < earliestNanos(peer);
    if (!peer.initiationWanted) {
      send(peer, now);
    }
  }

  /**
   * When the next initiation may be sent to this peer: an answer that is under way to it puts ours
   * off like an initiation, as in the kernel.
   */
  long earliestNanos(Peer peer) {
    return peer.lastHandshakeSentNanos + limits.rekeyTimeoutNanos();
  }

  /** When an initiation without a response is to be followed by another one. */
  long retransmitNanos(PendingHandshake pending) {
    return Math.max(pending.retransmitNanos(), earliestNanos(pending.peer()));
  }

  /** No response came in time: tries again, or gives up. */
  void retransmit(Peer peer, long now) {
    if (peer.attempts >= limits.maxInitiations()) {
      giveUp(peer, now);
      return;
    }
    peer.forgetSource();
    send(peer, now);
  }

  private void giveUp(Peer peer, long now) {
    sessions.endPending(peer);
    peer.dataReceived.settle(); // a keepalive would only begin all this again
    shared.counters.handshake(HandshakeOutcome.GAVE_UP);
    dropStaged(peer);
    if (peer.zeroKeysNanos == TrafficCounter.NEVER) {
      peer.zeroKeysNanos = now + limits.zeroKeysNanos();
    }
  }

  private void dropStaged(Peer peer) {
    shared.counters.drop(DropReason.HANDSHAKE_FAILED, peer.staged.drop());
  }

  private void send(Peer peer, long now) {
    var identity = peer.identity;
    if (identity == null || peer.endpoint == null) {
      sessions.endPending(peer);
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
    if (begun == null) { // the peer's key is of low order, and nothing will ever come of it
      sessions.endPending(peer);
      dropStaged(peer);
      return;
    }
    int index = sessions.newIndex();
    byte[] message =
        new Initiation(index, begun.ephemeral(), begun.encryptedStatic(), begun.encryptedPayload())
            .toBytes();
    peer.cookies.sign(message, now);
    peer.attempts++;
    peer.noteInitiation(peer.canSend(now));
    peer.lastHandshakeSentNanos = now;
    peer.lastTimestampSent = timestamp;
    long retransmit =
        now + limits.rekeyTimeoutNanos() + random.nextLong(Math.max(1, limits.jitterNanos()));
    boolean first = peer.pending == null;
    sessions.await(new PendingHandshake(peer, index, begun.handshake(), now, retransmit, first));
    sender.toPeer(peer, message, now);
    shared.counters.handshake(HandshakeOutcome.INITIATION_SENT);
  }

  /** Later than all before, also when the wall clock was set back while we run. */
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

  /** A response whose MAC1 is good for {@code identity}. */
  void onResponse(Response response, LocalIdentity identity, Endpoint from, int length, long now) {
    var pending = sessions.pending(response.receiver());
    if (pending == null || !isBoundTo(pending.peer(), identity)) {
      shared.counters.handshake(HandshakeOutcome.RESPONSE_INVALID);
      return;
    }
    var peer = pending.peer();
    byte[] presharedKey = bytesOf(peer.presharedKey);
    var finished =
        pending.handshake().finish(response.ephemeral(), presharedKey, response.encryptedNothing());
    Arrays.fill(presharedKey, (byte) 0);
    if (finished == null) {
      shared.counters.handshake(HandshakeOutcome.RESPONSE_INVALID);
      return;
    }
    var session =
        new Session<>(
            peer, pending.localIndex(), response.sender(), true, now, finished.keys(), limits);
    sessions.endPending(peer);
    sessions.adoptAsInitiator(session);
    peer.receivedByControl.add(1, length, now);
    book.heardFrom(peer, from);
    book.completed(peer, session, pending.undisturbed() ? now - pending.sentNanos() : -1, now);
    if (sender.staged(peer, now) == 0) {
      sender.keepalive(peer, now); // the responder may not send before it has heard us
    }
  }

  /** The same key may have two names for a while. */
  private static boolean isBoundTo(Peer peer, LocalIdentity identity) {
    var bound = peer.identity;
    return bound != null && bound.publicKey().equals(identity.publicKey());
  }

  /** A copy to be wiped; zeros for none. */
  static byte[] bytesOf(@Nullable PresharedKey key) {
    return key == null ? new byte[32] : key.toBytes();
  }

  /** A cookie: the next initiation, after the usual time, will carry it. */
  void onCookie(CookieReply reply, long now) {
    var peer = sessions.peerOf(reply.receiver());
    if (peer == null || !peer.cookies.take(reply, now)) {
      return;
    }
    shared.counters.handshake(HandshakeOutcome.COOKIE_RECEIVED);
    var pending = peer.pending;
    if (pending != null && pending.localIndex() == reply.receiver()) {
      sessions.disturb(pending);
    }
  }
}
