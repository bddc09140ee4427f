package dev.wiremesh.operator.peer;

/** State of the network's plan at a peer's home gateway, as its agent reports it. */
sealed interface GatewayState {
  /** The peer has no home gateway. */
  record None() implements GatewayState {}

  /** The plan is in force, so the peer may have a session. */
  record Programmed(String node) implements GatewayState {}

  /** There is no report yet. */
  record Waiting(String node) implements GatewayState {}

  /**
   * The gateway's agent is silent, so its plan is not known.
   *
   * @param since time of the last report
   */
  record Silent(String node, String since) implements GatewayState {}

  /** The plan is not in force. */
  record Failed(String node, String message) implements GatewayState {}
}
