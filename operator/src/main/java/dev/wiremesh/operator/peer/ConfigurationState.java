package dev.wiremesh.operator.peer;

/** How far the publication of a peer's client configuration got. */
sealed interface ConfigurationState {
  /** The Secret holds it. */
  record Published(String secret) implements ConfigurationState {}

  /** The network has no gateway that the configuration could name. */
  record NoGateway() implements ConfigurationState {}

  /** The gateway has no address that a client could dial. */
  record EndpointUnknown(String gateway) implements ConfigurationState {}

  /** The name of the peer's Secret is taken. */
  record Conflict(String message) implements ConfigurationState {}

  /** Another part is missing; its own condition says which. */
  record NotYet() implements ConfigurationState {}
}
