/** {@code wiremesh wg}: a WireGuard interface as a program, in the manners of wireguard-go. */
@NullMarked
package dev.wiremesh.wireguard.daemon;

import org.jspecify.annotations.NullMarked;
