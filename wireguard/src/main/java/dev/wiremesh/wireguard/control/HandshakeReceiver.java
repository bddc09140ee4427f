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
 * Where handshake messages arrive. Nothing is answered, and nothing expensive is computed, before a
 * message has shown that its sender knows one of our public keys (MAC1); under load also that it
 * receives what is sent to its address (MAC2), and that it is not too busy (whitepaper section
 * 5.3). Guarded by the control lock.
 */
public final class HandshakeReceiver {
  private static final long LOAD_LASTS_NANOS = Duration.ofSeconds(1).toNanos();

  private final DeviceState shared;
  private final LocalIdentities identities;
  private final ControlSender sender;
  private final HandshakeInitiator initiator;
  private final HandshakeResponder responder;
  private final SourceRateLimit rateLimit = new SourceRateLimit();
  private long underLoadUntilNanos = TrafficCounter.NEVER;

  public HandshakeReceiver(
      DeviceState shared,
      LocalIdentities identities,
      ControlSender sender,
      HandshakeInitiator initiator,
      HandshakeResponder responder) {
    this.shared = shared;
    this.identities = identities;
    this.sender = sender;
    this.initiator = initiator;
    this.responder = responder;
  }

  /**
   * Works on one message.
   *
   * @return false if there was none
   */
  boolean work(long now) {
    if (!shared.link.isOpen()) {
      return shared.handshakes.poll() != null; // it came before the interface went down
    }
    if (shared.handshakes.size() >= HandshakeQueue.LOAD_THRESHOLD) {
      underLoadUntilNanos = now + LOAD_LASTS_NANOS;
    }
    var message = shared.handshakes.poll();
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
      shared.counters.handshake(HandshakeOutcome.NO_MAC1);
      return true;
    }
    var refusal = underLoad(now) ? refusalUnderLoad(message, identity, now) : null;
    if (refusal != null) {
      shared.counters.handshake(refusal);
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

  /** True while whoever comes must show that it receives what is sent to its address. */
  boolean underLoad(long now) {
    return now < underLoadUntilNanos;
  }

  private @Nullable HandshakeOutcome refusalUnderLoad(
      HandshakeMessage message, LocalIdentity identity, long now) {
    var office = identity.cookies();
    if (!office.hasMac2(message.bytes(), message.from(), now)) {
      var reply = office.reply(message.bytes(), intAt(message.bytes(), 4), message.from(), now);
      // The kernel marks no cookie.
      sender.to(message.from().withoutSourceInterface(), reply.toBytes(), 0);
      return HandshakeOutcome.COOKIE_SENT;
    }
    return rateLimit.admit(message.from().address(), now) ? null : HandshakeOutcome.RATE_LIMITED;
  }

  private static int intAt(byte[] message, int offset) {
    return ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).getInt(offset);
  }
}
