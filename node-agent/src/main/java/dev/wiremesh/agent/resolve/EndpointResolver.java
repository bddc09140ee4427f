package dev.wiremesh.agent.resolve;

import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.util.Optional;
import java.util.Set;

/** Where configured endpoints are on the network. Never blocks. */
public interface EndpointResolver {
  /** The last known answer; empty if there is none yet. */
  Optional<UdpEndpoint> resolve(ConfiguredEndpoint endpoint);

  /** Why a name has no answer, for messages; empty if it has one or was not asked yet. */
  Optional<String> problem(ConfiguredEndpoint endpoint);

  /** Which endpoints matter from now on, for one network; others are forgotten. */
  void follow(String network, Set<ConfiguredEndpoint> endpoints);

  /** Changes whenever an answer changes. */
  long version();
}
