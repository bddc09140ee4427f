/**
 * The node's own network configuration: compares the host with a plan and changes the difference.
 * Nothing that another program made is touched. Its parts: {@code link} (interface, addresses,
 * MTU), {@code route} (routes, rules, metrics), {@code nft} (packet filter), {@code sysctl}.
 */
@NullMarked
package dev.wiremesh.agent.host;

import org.jspecify.annotations.NullMarked;
