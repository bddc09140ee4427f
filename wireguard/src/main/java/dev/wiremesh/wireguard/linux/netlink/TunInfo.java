package dev.wiremesh.wireguard.linux.netlink;

/**
 * What the kernel tells of a TUN interface.
 *
 * @param persistent whether it outlives the processes that hold it open
 * @param queues how many descriptors are attached; known of multi-queue interfaces, else 0
 */
public record TunInfo(
    boolean persistent, boolean multiQueue, boolean virtioHeader, boolean packetInfo, int queues) {}
