package dev.wiremesh.wireguard.peer;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.handshake.CookieGenerator;
import dev.wiremesh.wireguard.handshake.Tai64n;
import dev.wiremesh.wireguard.noise.Curve25519;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The handshake with a peer, in both roles. Guarded by the control lock. */
public final class HandshakeState {
  public final CookieGenerator cookieGenerator;

  /** The sent initiation that waits for its response. */
  public @Nullable PendingHandshake pending;

  /** Consecutive initiations without a response since a handshake was last requested. */
  public int attempts;

  /** An initiation is to be sent as soon as REKEY_TIMEOUT has passed since the last message. */
  public boolean initiationWanted;

  /** Monotonic time of the last initiation or response sent. */
  public long lastSentNanos = TrafficCounter.NEVER;

  /** Timestamp of the last initiation sent. */
  public @Nullable Tai64n lastTimestampSent;

  /** Highest timestamp received: initiations must have a higher one. */
  public Tai64n latestTimestampReceived = Tai64n.LOWEST;

  /** Monotonic time of the last accepted initiation. */
  public long lastInitiationReceivedNanos = TrafficCounter.NEVER;

  /** Monotonic time of the last completed handshake. */
  public long lastCompletedNanos = TrafficCounter.NEVER;

  /** Wall time of the last completed handshake. */
  public @Nullable Instant lastCompleted;

  /** RTT of the last handshake whose duration was one. */
  public @Nullable Duration lastRtt;

  private final PublicKey publicKey;
  private byte @Nullable [] staticStatic;
  private boolean staticStaticKnown;

  HandshakeState(PublicKey publicKey) {
    this.publicKey = publicKey;
    this.cookieGenerator = new CookieGenerator(publicKey);
  }

  /**
   * DH of our static key and the peer's, computed at first use because many peers never shake
   * hands.
   *
   * @return the array kept here; null without an identity or for a key of low order
   */
  byte @Nullable [] staticStatic(@Nullable LocalIdentity identity) {
    if (!staticStaticKnown) {
      staticStatic =
          identity == null ? null : Curve25519.agree(identity.privateBytes(), publicKey.toBytes());
      staticStaticKnown = true;
    }
    return staticStatic;
  }

  /** Wipes the DH result: the local identity has changed, or the peer was removed. */
  public void forgetStaticStatic() {
    byte[] known = staticStatic;
    if (known != null) {
      Arrays.fill(known, (byte) 0);
    }
    staticStatic = null;
    staticStaticKnown = false;
  }
}
