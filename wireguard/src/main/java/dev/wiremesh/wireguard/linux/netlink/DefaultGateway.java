package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.core.net.IpAddress;

/**
 * A next hop of a default route.
 *
 * @param linkIndex interface that it is reached by
 */
public record DefaultGateway(IpAddress address, int linkIndex) {}
