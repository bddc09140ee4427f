package dev.wiremesh.wireguard.io;

/** A change of a network interface made by another process or the kernel. */
public sealed interface TunEvent {
  /** The interface was set up. */
  record Up() implements TunEvent {}

  /** The interface was set down; it still exists. */
  record Down() implements TunEvent {}

  record MtuChanged(int mtu) implements TunEvent {}

  /** The interface was closed or deleted; the last event. */
  record Closed() implements TunEvent {}
}
