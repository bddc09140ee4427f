package dev.wiremesh.core.view;

/**
 * Parameters of a network's device, allocated once and equal on all nodes.
 *
 * @param listenPort UDP port of the device on every node
 * @param routingTable the routing table that holds only the network's routes
 * @param rulePriority the priority of the rule that selects the table
 */
public record DeviceParameters(
    String interfaceName, int listenPort, int routingTable, int rulePriority, Mtu mtu) {}
