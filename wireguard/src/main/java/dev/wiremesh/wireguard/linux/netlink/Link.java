package dev.wiremesh.wireguard.linux.netlink;

import org.jspecify.annotations.Nullable;

/**
 * A network interface.
 *
 * @param kind what it is, as in {@code tun}, {@code veth} or {@code bridge}; empty for hardware
 * @param up set up by its administrator; whether it carries is another matter
 * @param transmitQueueLength in packets
 * @param tun more about an interface of kind {@code tun}; null for others
 */
public record Link(
    int index,
    String name,
    String kind,
    boolean up,
    int mtuBytes,
    int transmitQueueLength,
    Ipv4Settings ipv4,
    @Nullable TunInfo tun) {}
