/** TUN devices and UDP sockets of Linux. */
@NullMarked
package dev.wiremesh.wireguard.linux;

import org.jspecify.annotations.NullMarked;
