package dev.wiremesh.core.view;

/** The MTU of a network's device. */
public sealed interface Mtu {

  /** The underlay's MTU towards the peers less the tunnel's overhead. */
  record Auto() implements Mtu {}

  /** The value of the network's spec. */
  record Fixed(int bytes) implements Mtu {}
}
