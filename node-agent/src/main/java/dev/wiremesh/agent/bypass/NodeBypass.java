package dev.wiremesh.agent.bypass;

import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.core.net.IpAddress;
import java.time.Duration;
import java.util.Set;

/**
 * The bypass addresses of this node: the API server's, and the resolvers' as the files have them
 * now. Owned by the control thread.
 */
public final class NodeBypass implements BypassSource {
  private static final Duration READ_EVERY = Duration.ofSeconds(5);

  private final ApiServerAddresses apiServer;
  private final ResolverFiles files;
  private Set<IpAddress> resolvers = Set.of();
  private MonotonicTime readAt = MonotonicTime.LONG_AGO;

  public NodeBypass(ApiServerAddresses apiServer, ResolverFiles files) {
    this.apiServer = apiServer;
    this.files = files;
  }

  @Override
  public BypassAddresses addresses(MonotonicTime now) {
    if (!now.isBefore(readAt.plus(READ_EVERY))) {
      readAt = now;
      resolvers = files.resolvers();
    }
    return new BypassAddresses(apiServer.saved(), resolvers);
  }

  @Override
  public Set<ApiTarget> apiTargets() {
    return apiServer.targets();
  }
}
