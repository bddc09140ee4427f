package dev.wiremesh.wireguard.engine;

import dev.wiremesh.wireguard.session.ProtocolLimits;
import java.time.Duration;

/** The protocol's constants with some of them changed. */
final class ProtocolLimitsBuilder {
  private static final ProtocolLimits STANDARD = ProtocolLimits.STANDARD;

  private long rekeyAfterMessages = STANDARD.rekeyAfterMessages();
  private long rejectAfterMessages = STANDARD.rejectAfterMessages();
  private long rekeyTimeoutNanos = STANDARD.rekeyTimeoutNanos();
  private int maxInitiations = STANDARD.maxInitiations();

  ProtocolLimitsBuilder rekeyAfterMessages(long messages) {
    rekeyAfterMessages = messages;
    return this;
  }

  ProtocolLimitsBuilder rejectAfterMessages(long messages) {
    rejectAfterMessages = messages;
    return this;
  }

  ProtocolLimitsBuilder rekeyTimeout(Duration timeout) {
    rekeyTimeoutNanos = timeout.toNanos();
    return this;
  }

  public ProtocolLimitsBuilder maxInitiations(int initiations) {
    maxInitiations = initiations;
    return this;
  }

  ProtocolLimits build() {
    return new ProtocolLimits(
        rekeyAfterMessages,
        rejectAfterMessages,
        STANDARD.rekeyAfterNanos(),
        STANDARD.rejectAfterNanos(),
        rekeyTimeoutNanos,
        maxInitiations,
        STANDARD.keepaliveTimeoutNanos(),
        0,
        STANDARD.minInitiationSpacingNanos());
  }
}
