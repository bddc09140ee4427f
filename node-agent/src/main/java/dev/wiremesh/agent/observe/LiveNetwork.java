package dev.wiremesh.agent.observe;

import dev.wiremesh.agent.device.MeshDevice;
import org.jspecify.annotations.Nullable;

/**
 * The sources of a network's metrics: its published status, and beside it the device and the
 * latency statistics, which are read at the moment of a scrape. Published by the control thread,
 * read by any.
 *
 * @param device null as long as there is none
 */
public record LiveNetwork(NetworkStatus status, @Nullable MeshDevice device, LatencyStats latency) {
  public String network() {
    return status.network();
  }
}
