package dev.wiremesh.operator.clientconfig;

/** A reason why a peer's wg-quick configuration would not come up, or would carry nothing. */
public sealed interface ConfigurationProblem {
  /** Whole sentences that say what to write instead. */
  String message();

  /** The MTU is below the minimum of IPv6, and the peer has an IPv6 address. */
  record MtuTooSmall(String message) implements ConfigurationProblem {}

  /** The list of allowed IPs is empty. */
  record NothingAllowed(String message) implements ConfigurationProblem {}
}
