package dev.wiremesh.agent.bypass;

import dev.wiremesh.core.net.IpAddress;

/** A TCP address of the API server. */
public record ApiTarget(IpAddress address, int port) {
  @Override
  public String toString() {
    return address.isV4() ? address + ":" + port : "[" + address + "]:" + port;
  }
}
