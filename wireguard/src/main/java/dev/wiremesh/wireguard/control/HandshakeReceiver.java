package dev.wiremesh.wireguard.control;

import dev.wiremesh.wireguard.device.HandshakeMessage;
import dev.wiremesh.wireguard.device.HandshakeOutcome;
import dev.wiremesh.wireguard.handshake.CookieReply;
import dev.wiremesh.wireguard.handshake.Initiation;
import dev.wiremesh.wireguard.handshake.MessageType;
import dev.wiremesh.wireguard.handshake.Response;
import dev.wiremesh.wireguard.handshake.SourceRateLimit;
import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.HandshakeQueue;
import dev.wiremesh.wireguard.peer.LocalIdentity;
import dev.wiremesh.wireguard.peer.TrafficCounter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Receives handshake messages from the queue. A message without a valid MAC1 is dropped before
 * anything expensive is computed. Under load a message also needs a valid MAC2, which shows that
 * its sender receives packets at its source address, and passes a rate limit (whitepaper section
 * 5.3). Guarded by the control lock.
 */
public final class HandshakeReceiver {
  private static final long UNDER_LOAD_NANOS = Duration.ofSeconds(1).toNanos();

  private final DeviceState state;
  private final LocalIdentities identities;
  private final ControlSender sender;
  private final HandshakeInitiator initiator;
  private final HandshakeResponder responder;
  private final SourceRateLimit rateLimit = new SourceRateLimit();
  private long underLoadUntilNanos = TrafficCounter.NEVER;

  public HandshakeReceiver(
      DeviceState state,
      LocalIdentities identities,
      ControlSender sender,
      HandshakeInitiator initiator,
      HandshakeResponder responder) {
    this.state = state;
    this.identities = identities;
    this.sender = sender;
    this.initiator = initiator;
    this.responder = responder;
  }

  /**
   * Handles one message.
   *
   * @return false if there was none
   */
  boolean receiveOne(long now) {
    if (!state.socket.isOpen()) {
      return state.handshakes.poll() != null; // received before the interface went down
    }
    if (state.handshakes.size() >= HandshakeQueue.LOAD_THRESHOLD) {
      underLoadUntilNanos = now + UNDER_LOAD_NANOS;
    }
    var message = state.handshakes.poll();
    if (message == null) {
      return false;
    }
    int type = intAt(message.bytes(), 0);
    if (type == MessageType.COOKIE_REPLY) {
      initiator.onCookie(CookieReply.parse(message.bytes()), now);
      return true;
    }
    var identity = identities.addressed(message.bytes());
    if (identity == null) {
      state.counters.handshake(HandshakeOutcome.NO_MAC1);
      return true;
    }
    var refusal = underLoad(now) ? refusalUnderLoad(message, identity, now) : null;
    if (refusal != null) {
      state.counters.handshake(refusal);
      return true;
    }
    byte[] bytes = message.bytes();
    if (type == MessageType.INITIATION) {
      responder.onInitiation(Initiation.parse(bytes), identity, message.from(), bytes.length, now);
    } else {
      initiator.onResponse(Response.parse(bytes), identity, message.from(), bytes.length, now);
    }
    return true;
  }

  /** True while handshake messages must carry a valid MAC2. */
  boolean underLoad(long now) {
    return now < underLoadUntilNanos;
  }

  private @Nullable HandshakeOutcome refusalUnderLoad(
      HandshakeMessage message, LocalIdentity identity, long now) {
    var checker = identity.cookieChecker();
    if (!checker.hasMac2(message.bytes(), message.from(), now)) {
      var reply = checker.reply(message.bytes(), intAt(message.bytes(), 4), message.from(), now);
      // Cookie replies have no DSCP, as in the kernel.
      sender.to(message.from().withoutSourceInterface(), reply.toBytes(), 0);
      return HandshakeOutcome.COOKIE_SENT;
    }
    return rateLimit.admit(message.from().address(), now) ? null : HandshakeOutcome.RATE_LIMITED;
  }

  private static int intAt(byte[] message, int offset) {
    return ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).getInt(offset);
  }
}
