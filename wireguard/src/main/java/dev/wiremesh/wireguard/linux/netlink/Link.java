package dev.wiremesh.wireguard.linux.netlink;

import org.jspecify.annotations.Nullable;

/**
 * A network interface.
 *
 * @param kind type of the interface, as in {@code tun}, {@code veth} or {@code bridge}; empty for
 *     hardware
 * @param tun details of an interface of kind {@code tun}; null for others
 */
public record Link(
    int index,
    String name,
    String kind,
    Settings settings,
    Ipv4Settings ipv4,
    @Nullable TunInfo tun) {

  /**
   * Settings that every kind of interface has.
   *
   * @param up administratively up; the carrier may be down
   * @param transmitQueueLength in packets
   */
  public record Settings(boolean up, int mtuBytes, int transmitQueueLength) {}

  public boolean up() {
    return settings.up();
  }

  public int mtuBytes() {
    return settings.mtuBytes();
  }

  public int transmitQueueLength() {
    return settings.transmitQueueLength();
  }
}
