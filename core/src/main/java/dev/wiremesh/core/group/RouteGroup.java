package dev.wiremesh.core.group;

import dev.wiremesh.core.net.IpPrefix;

/**
 * A set of routes to one LAN: the same block, brought by several peers of one namespace under one
 * group name. One of its peers carries the traffic, the others stand by.
 *
 * @param name as {@code spec.routes[].group} says
 */
public record RouteGroup(String network, String namespace, String name, IpPrefix cidr) {}
