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
 * Responder role of the handshake (whitepaper sections 5.4.2 and 5.4.3). Initiations of unknown
 * keys, replayed ones and those that follow too soon get no response. Guarded by the control lock.
 */
public final class HandshakeResponder {
  private final PeerTable peers;
  private final DeviceState state;
  private final SessionIndexes indexes;
  private final KeyConfirmation confirmation;
  private final ControlSender sender;
  private final HandshakeEvents events;
  private final RandomGenerator random;
  private final ProtocolLimits limits;

  public HandshakeResponder(
      PeerTable peers,
      DeviceState state,
      SessionIndexes indexes,
      KeyConfirmation confirmation,
      ControlSender sender,
      HandshakeEvents events,
      RandomGenerator random,
      ProtocolLimits limits) {
    this.peers = peers;
    this.state = state;
    this.indexes = indexes;
    this.confirmation = confirmation;
    this.sender = sender;
    this.events = events;
    this.random = random;
    this.limits = limits;
  }

  /** Handles an initiation whose MAC1 is valid for {@code identity}. */
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
      state.counters.handshake(HandshakeOutcome.INITIATION_INVALID);
      return;
    }
    var peer = peers.get(PublicKey.of(handshake.remoteStatic()));
    var role = peer == null ? null : Role.of(identity, peer);
    if (peer == null || role == null) {
      handshake.wipe();
      state.counters.handshake(HandshakeOutcome.UNKNOWN_PEER);
      return;
    }
    var refusal = refusal(peer, role, handshake, initiation, now);
    if (refusal != null) {
      handshake.wipe();
      state.counters.handshake(refusal);
      return;
    }
    peer.handshake.lastInitiationReceivedNanos = now;
    peer.traffic.receivedByControl.add(1, length, now);
    events.received(peer, from);
    // A packet may have confirmed the session of the previous initiation, which is replaced now.
    confirmation.check(peer, now);
    answer(peer, role, handshake, initiation.sender(), now);
  }

  /** A local identity as one peer addresses it: the present or the former one. */
  private record Role(
      LocalIdentity identity, @Nullable PresharedKey presharedKey, boolean present) {

    /** Null for an identity that is neither the present nor the former one of the peer. */
    static @Nullable Role of(LocalIdentity identity, Peer peer) {
      var present = peer.config.identity;
      if (present != null && present.publicKey().equals(identity.publicKey())) {
        return new Role(present, peer.config.presharedKey, true);
      }
      var former = peer.config.formerIdentity;
      return former != null && former.isOf(identity.name())
          ? new Role(identity, former.presharedKey(), false)
          : null;
    }

    /** DH of the static keys. The caller wipes it if the identity is the former one. */
    byte @Nullable [] staticStatic(Peer peer) {
      return present
          ? peer.staticStatic()
          : Curve25519.agree(identity.privateBytes(), peer.publicKey.toBytes());
    }
  }

  /** Reason to refuse the initiation; null, with its timestamp recorded, if it is accepted. */
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
    if (timestamp.compareTo(peer.handshake.latestTimestampReceived) <= 0) {
      return HandshakeOutcome.REPLAYED;
    }
    if (now - peer.handshake.lastInitiationReceivedNanos < limits.minInitiationSpacingNanos()) {
      return HandshakeOutcome.TOO_SOON;
    }
    peer.handshake.latestTimestampReceived = timestamp;
    return null;
  }

  private void answer(
      Peer peer, Role role, ResponderHandshake handshake, int remoteIndex, long now) {
    byte[] presharedKey = HandshakeInitiator.bytesOf(role.presharedKey());
    var answered =
        handshake.answer(HandshakeInitiator.newEphemeral(random), presharedKey, new byte[0]);
    Arrays.fill(presharedKey, (byte) 0);
    if (answered == null) {
      state.counters.handshake(HandshakeOutcome.INITIATION_INVALID);
      return;
    }
    int index = indexes.newIndex();
    var session = new Session<>(peer, index, remoteIndex, false, now, answered.keys(), limits);
    if (role.present()) {
      peer.keypairs.adoptAsResponder(session);
    } else {
      peer.keypairs.adoptUnderFormerIdentity(session);
    }
    peer.timers.zeroKeysNanos = now + limits.zeroKeysNanos();
    byte[] message =
        new Response(index, remoteIndex, answered.ephemeral(), answered.encryptedPayload())
            .toBytes();
    peer.handshake.cookieGenerator.sign(message, now);
    peer.handshake.lastSentNanos = now;
    sender.toPeer(peer, message, now);
    state.counters.handshake(HandshakeOutcome.RESPONSE_SENT);
  }
}
