/** TCP of Linux: a probe whose socket carries a mark. */
@NullMarked
package dev.wiremesh.wireguard.linux.tcp;

import org.jspecify.annotations.NullMarked;
