package dev.wiremesh.core.topology;

/**
 * What was chosen once for a network's device on all its nodes.
 *
 * @param listenPort UDP port of the device on every node
 * @param routingTable the routing table that is ours alone
 * @param rulePriority where the rule that leads into that table stands
 */
public record DeviceParameters(
    String interfaceName, int listenPort, int routingTable, int rulePriority, Mtu mtu) {}
