package dev.wiremesh.agent.bypass;

import dev.wiremesh.agent.time.MonotonicTime;
import java.util.Set;

/**
 * The addresses that this node reaches beside the mesh. Called by the control thread; never blocks.
 */
public interface BypassSource {
  BypassAddresses addresses(MonotonicTime now);

  /** Where the agent's own client reaches the API server. */
  Set<ApiTarget> apiTargets();
}
