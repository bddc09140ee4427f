package dev.wiremesh.wireguard.control;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.device.HandshakeOutcome;
import dev.wiremesh.wireguard.handshake.Initiation;
import dev.wiremesh.wireguard.handshake.Response;
import dev.wiremesh.wireguard.handshake.Tai64n;
import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.noise.Curve25519;
import dev.wiremesh.wireguard.noise.ResponderHandshake;
import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.LocalIdentity;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import dev.wiremesh.wireguard.session.Session;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Handshakes that others begin (whitepaper sections 5.4.2 and 5.4.3): whoever is no peer, comes too
 * soon or says again what it said before gets no answer. Guarded by the control lock.
 */
public final class HandshakeResponder {
  private final PeerTable peers;
  private final DeviceState shared;
  private final SessionKeeper sessions;
  private final KeyConfirmation confirmation;
  private final ControlSender sender;
  private final HandshakeEvents book;
  private final RandomGenerator random;
  private final ProtocolLimits limits;

  public HandshakeResponder(
      PeerTable peers,
      DeviceState shared,
      SessionKeeper sessions,
      KeyConfirmation confirmation,
      ControlSender sender,
      HandshakeEvents book,
      RandomGenerator random,
      ProtocolLimits limits) {
    this.peers = peers;
    this.shared = shared;
    this.sessions = sessions;
    this.confirmation = confirmation;
    this.sender = sender;
    this.book = book;
    this.random = random;
    this.limits = limits;
  }

  /** An initiation whose MAC1 is good for {@code identity}. */
  void onInitiation(
      Initiation initiation, LocalIdentity identity, Endpoint from, int length, long now) {
    var handshake =
        ResponderHandshake.read(
            HandshakeInitiator.PROLOGUE,
            identity.privateBytes(),
            identity.publicBytes(),
            initiation.ephemeral(),
            initiation.encryptedStatic());
    if (handshake == null) {
      shared.counters.handshake(HandshakeOutcome.INITIATION_INVALID);
      return;
    }
    var peer = peers.get(PublicKey.of(handshake.remoteStatic()));
    var role = peer == null ? null : Role.of(identity, peer);
    if (peer == null || role == null) {
      handshake.wipe();
      shared.counters.handshake(HandshakeOutcome.UNKNOWN_PEER);
      return;
    }
    var refusal = refusal(peer, role, handshake, initiation, now);
    if (refusal != null) {
      handshake.wipe();
      shared.counters.handshake(refusal);
      return;
    }
    peer.lastInitiationReceivedNanos = now;
    peer.receivedByControl.add(1, length, now);
    book.heardFrom(peer, from);
    // The peer may have used the session of its last initiation by now, and another takes its
    // place.
    confirmation.look(peer, now);
    answer(peer, role, handshake, initiation.sender(), now);
  }

  /** An identity of ours, as one peer sees it. */
  private record Role(
      LocalIdentity identity, @Nullable PresharedKey presharedKey, boolean present) {

    /**
     * A peer may address us by the identity that it is bound to, and by the one that was it before;
     * null for any other.
     */
    static @Nullable Role of(LocalIdentity identity, Peer peer) {
      var present = peer.identity;
      if (present != null && present.publicKey().equals(identity.publicKey())) {
        return new Role(present, peer.presharedKey, true);
      }
      var former = peer.formerIdentity;
      return former != null && former.isOf(identity.name())
          ? new Role(identity, former.presharedKey(), false)
          : null;
    }

    /** To be wiped, unless it is the peer's own. */
    byte @Nullable [] staticStatic(Peer peer) {
      return present
          ? peer.staticStatic()
          : Curve25519.agree(identity.privateBytes(), peer.publicKey.toBytes());
    }
  }

  /** Why the initiation is not answered; null, and its timestamp noted, if it is. */
  private @Nullable HandshakeOutcome refusal(
      Peer peer, Role role, ResponderHandshake handshake, Initiation initiation, long now) {
    byte[] staticStatic = role.staticStatic(peer);
    byte[] payload =
        staticStatic == null
            ? null
            : handshake.readPayload(staticStatic, initiation.encryptedTimestamp());
    if (staticStatic != null && !role.present()) {
      Arrays.fill(staticStatic, (byte) 0);
    }
    if (payload == null || payload.length != Tai64n.LENGTH) {
      return HandshakeOutcome.INITIATION_INVALID;
    }
    var timestamp = Tai64n.parse(payload);
    if (timestamp.compareTo(peer.latestTimestamp) <= 0) {
      return HandshakeOutcome.REPLAYED;
    }
    if (now - peer.lastInitiationReceivedNanos < limits.minInitiationSpacingNanos()) {
      return HandshakeOutcome.TOO_SOON;
    }
    peer.latestTimestamp = timestamp;
    return null;
  }

  private void answer(
      Peer peer, Role role, ResponderHandshake handshake, int remoteIndex, long now) {
    byte[] presharedKey = HandshakeInitiator.bytesOf(role.presharedKey());
    var answered =
        handshake.answer(HandshakeInitiator.newEphemeral(random), presharedKey, new byte[0]);
    Arrays.fill(presharedKey, (byte) 0);
    if (answered == null) {
      shared.counters.handshake(HandshakeOutcome.INITIATION_INVALID);
      return;
    }
    int index = sessions.newIndex();
    var session = new Session<>(peer, index, remoteIndex, false, now, answered.keys(), limits);
    if (role.present()) {
      sessions.adoptAsResponder(session);
    } else {
      sessions.adoptAsLastResort(session);
    }
    peer.zeroKeysNanos = now + limits.zeroKeysNanos();
    byte[] message =
        new Response(index, remoteIndex, answered.ephemeral(), answered.encryptedPayload())
            .toBytes();
    peer.cookies.sign(message, now);
    peer.lastHandshakeSentNanos = now;
    sender.toPeer(peer, message, now);
    shared.counters.handshake(HandshakeOutcome.RESPONSE_SENT);
  }
}
