package dev.wiremesh.core.topology;

/** How large an inner packet may be. */
public sealed interface Mtu {

  /** From the underlay towards the peers, less what the tunnel adds. */
  record Auto() implements Mtu {}

  /** As the network's spec says. */
  record Fixed(int bytes) implements Mtu {}
}
