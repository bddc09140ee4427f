package dev.wiremesh.wireguard.linux.netlink;

/** A notification to a {@link NetlinkMonitor}. */
public sealed interface NetworkChange {
  /** A link was added or changed. */
  record LinkChanged(Link link) implements NetworkChange {}

  /** A link was deleted or moved to another network namespace. */
  record LinkRemoved(Link link) implements NetworkChange {}

  record AddressAdded(InterfaceAddress address) implements NetworkChange {}

  record AddressRemoved(InterfaceAddress address) implements NetworkChange {}

  record RouteAdded(Route route) implements NetworkChange {}

  record RouteRemoved(Route route) implements NetworkChange {}

  /** A policy routing rule was added or removed. */
  record RulesChanged() implements NetworkChange {}

  /** Notifications were lost: state must be read anew. */
  record Overrun() implements NetworkChange {}
}
