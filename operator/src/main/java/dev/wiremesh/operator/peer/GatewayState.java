package dev.wiremesh.operator.peer;

/** What the agent of a peer's home gateway reports about the network's plan. */
sealed interface GatewayState {
  /** The peer has no home gateway. */
  record None() implements GatewayState {}

  /** The plan is in force, so the peer may have a session. */
  record Programmed(String node) implements GatewayState {}

  /** There is no report yet. */
  record Waiting(String node) implements GatewayState {}

  /** The plan is not in force. */
  record Failed(String node, String message) implements GatewayState {}
}
