package dev.wiremesh.agent.resolve;

import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.util.Optional;
import java.util.Set;

/** Resolves configured endpoints to addresses, from known answers. Never blocks. */
public interface EndpointResolver {
  /** The last known answer; empty if there is none yet. */
  Optional<UdpEndpoint> resolve(ConfiguredEndpoint endpoint);

  /** Message why a name has no address; empty if it has one or was not looked up yet. */
  Optional<String> problem(ConfiguredEndpoint endpoint);

  /** Sets the endpoints of a network to resolve; others are forgotten. */
  void follow(String network, Set<ConfiguredEndpoint> endpoints);

  /** Changes whenever an answer changes. */
  long version();
}
