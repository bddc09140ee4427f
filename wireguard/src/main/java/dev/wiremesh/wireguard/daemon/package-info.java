/** {@code wiremesh wg}: a WireGuard interface as a program, compatible with wireguard-go. */
@NullMarked
package dev.wiremesh.wireguard.daemon;

import org.jspecify.annotations.NullMarked;
