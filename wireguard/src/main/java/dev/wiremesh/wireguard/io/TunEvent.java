package dev.wiremesh.wireguard.io;

/** What happens to a network interface from outside. */
public sealed interface TunEvent {
  /** The interface was set up. */
  record Up() implements TunEvent {}

  /** The interface was set down; it still exists. */
  record Down() implements TunEvent {}

  record MtuChanged(int mtu) implements TunEvent {}

  /** The interface was closed or deleted; nothing follows. */
  record Closed() implements TunEvent {}
}
