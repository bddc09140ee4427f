package dev.wiremesh.operator.peer;

import dev.wiremesh.operator.clientconfig.ConfigurationProblem;
import java.util.Optional;

/** Progress of the publication of a peer's client configuration. */
sealed interface ConfigurationState {
  /**
   * The Secret holds it.
   *
   * @param advice what the owner of the peer has to see to, a whole sentence
   */
  record Published(String secret, Optional<String> advice) implements ConfigurationState {}

  /** It would not come up, so the Secret keeps the configuration that it has. */
  record Unusable(ConfigurationProblem problem) implements ConfigurationState {}

  /** The network has no gateway that the configuration could name. */
  record NoGateway() implements ConfigurationState {}

  /** The gateway has no address that a client could dial. */
  record EndpointUnknown(String gateway) implements ConfigurationState {}

  /** The name of the peer's Secret is taken. */
  record Conflict(String message) implements ConfigurationState {}

  /** Another part is missing; its own condition says which. */
  record NotYet() implements ConfigurationState {}
}
