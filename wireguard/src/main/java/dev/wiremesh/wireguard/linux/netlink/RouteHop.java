package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.core.net.IpPrefix;

/**
 * A next hop of a unicast route, as far as the size of packets is concerned.
 *
 * @param linkIndex interface it leaves by
 * @param mtuBytes MTU that the route itself sets ({@code ip route ... mtu}); 0 for the interface's
 */
public record RouteHop(IpPrefix destination, int linkIndex, int mtuBytes) {}
