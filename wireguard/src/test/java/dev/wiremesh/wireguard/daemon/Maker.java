package dev.wiremesh.wireguard.daemon;

import dev.wiremesh.testkit.host.Host;

/** Creates a WireGuard interface on a host. */
@FunctionalInterface
interface Maker {
  /** Returns when the interface and its socket are there. */
  void make(Host host, String name);
}
