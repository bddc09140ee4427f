package dev.wiremesh.wireguard.device;

/** Reason to drop a packet; counted per device. */
public enum DropReason {
  NOT_IP("outgoing", "not_ip"),
  NO_PEER("outgoing", "no_peer"),
  NO_ENDPOINT("outgoing", "no_endpoint"),
  LOOP("outgoing", "loop"),
  QUEUE_FULL("outgoing", "queue"),
  HANDSHAKE_FAILED("outgoing", "handshake_failed"),
  STOPPED("outgoing", "stopped"),
  SOCKET("outgoing", "socket"),
  MALFORMED("incoming", "malformed"),
  HANDSHAKE_QUEUE_FULL("incoming", "queue"),
  NO_SESSION("incoming", "no_session"),
  EXPIRED("incoming", "expired"),
  NOT_AUTHENTIC("incoming", "auth"),
  REPLAY("incoming", "replay"),
  INNER_MALFORMED("incoming", "inner_malformed"),
  ALLOWED_IP("incoming", "allowed_ip"),
  TUN("incoming", "tun");

  private final String direction;
  private final String reason;

  DropReason(String direction, String reason) {
    this.direction = direction;
    this.reason = reason;
  }

  /** Label of the metric: {@code outgoing} or {@code incoming}. */
  public String direction() {
    return direction;
  }

  /** Label of the metric. */
  public String reason() {
    return reason;
  }
}
