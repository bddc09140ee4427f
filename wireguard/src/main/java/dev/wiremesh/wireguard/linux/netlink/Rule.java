package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.core.net.IpAddress.Family;

/**
 * A policy routing rule that looks up a table, limited to the selector that is used here: the mark.
 *
 * @param priority the lower is evaluated first; 0 to 2^32 - 1 as an unsigned int
 * @param table the table to look up
 * @param mark value that the packet's mark must have under {@code mask}
 * @param mask 0 if the mark does not matter
 * @param inverted true if the rule holds for packets that do not match
 * @param protocol origin of the rule, as of a route
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
