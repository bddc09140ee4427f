package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.core.net.IpAddress.Family;

/**
 * A policy routing rule that leads to a table, as far as we use them: selected by mark.
 *
 * @param priority the lower is asked first; 0 to 2^32 - 1 as an unsigned int
 * @param table where to look up
 * @param mark what the packet's mark must be under {@code mask}
 * @param mask 0 if the mark does not matter
 * @param inverted true if the rule holds for packets that do not match
 * @param protocol who made it, like a route's
 */
public record Rule(
    Family family, int priority, int table, int mark, int mask, boolean inverted, int protocol) {

  /** A rule for all packets. */
  public static Rule always(Family family, int priority, int table, int protocol) {
    return new Rule(family, priority, table, 0, 0, false, protocol);
  }

  /** A rule for packets with another mark than {@code mark}, as wg-quick makes them. */
  public static Rule unlessMarked(Family family, int priority, int table, int mark, int protocol) {
    return new Rule(family, priority, table, mark, -1, true, protocol);
  }
}
