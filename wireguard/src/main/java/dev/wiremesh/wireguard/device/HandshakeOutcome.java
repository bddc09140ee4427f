package dev.wiremesh.wireguard.device;

/** Step or end of a handshake; counted per device. */
public enum HandshakeOutcome {
  INITIATION_SENT("outgoing", "initiated"),
  COMPLETED_AS_INITIATOR("outgoing", "completed"),
  GAVE_UP("outgoing", "gave_up"),
  RESPONSE_INVALID("outgoing", "invalid"),
  COOKIE_RECEIVED("outgoing", "cookie"),
  RESPONSE_SENT("incoming", "answered"),
  COMPLETED_AS_RESPONDER("incoming", "completed"),
  NO_MAC1("incoming", "mac1"),
  COOKIE_SENT("incoming", "cookie"),
  RATE_LIMITED("incoming", "rate_limited"),
  INITIATION_INVALID("incoming", "invalid"),
  UNKNOWN_PEER("incoming", "unknown_peer"),
  REPLAYED("incoming", "replayed"),
  TOO_SOON("incoming", "too_soon");

  private final String direction;
  private final String result;

  HandshakeOutcome(String direction, String result) {
    this.direction = direction;
    this.result = result;
  }

  /** Label of the metric: {@code outgoing} for the initiator role, else {@code incoming}. */
  public String direction() {
    return direction;
  }

  /** Label of the metric. */
  public String result() {
    return result;
  }
}
