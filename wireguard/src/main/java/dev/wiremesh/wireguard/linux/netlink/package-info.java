/**
 * Links, addresses, routes and rules of the kernel, read, changed and watched through rtnetlink.
 */
@NullMarked
package dev.wiremesh.wireguard.linux.netlink;

import org.jspecify.annotations.NullMarked;
