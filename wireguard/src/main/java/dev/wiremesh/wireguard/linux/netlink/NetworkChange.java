package dev.wiremesh.wireguard.linux.netlink;

/** What the kernel tells a {@link NetlinkMonitor}. */
public sealed interface NetworkChange {
  /** New, or something of it changed. */
  record LinkChanged(Link link) implements NetworkChange {}

  /** Deleted, or moved to another network namespace. */
  record LinkRemoved(Link link) implements NetworkChange {}

  record AddressAdded(InterfaceAddress address) implements NetworkChange {}

  record AddressRemoved(InterfaceAddress address) implements NetworkChange {}

  record RouteAdded(Route route) implements NetworkChange {}

  record RouteRemoved(Route route) implements NetworkChange {}

  /** Another order in which tables are asked for routes. */
  record RulesChanged() implements NetworkChange {}

  /** More changed than could be told: what is known must be read anew. */
  record Overrun() implements NetworkChange {}
}
