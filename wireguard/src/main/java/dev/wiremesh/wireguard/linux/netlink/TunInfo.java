package dev.wiremesh.wireguard.linux.netlink;

/**
 * Details of a TUN interface.
 *
 * @param persistent whether it outlives the processes that hold it open
 * @param queues number of attached descriptors; known for multi-queue interfaces, else 0
 */
public record TunInfo(
    boolean persistent, boolean multiQueue, boolean virtioHeader, boolean packetInfo, int queues) {}
