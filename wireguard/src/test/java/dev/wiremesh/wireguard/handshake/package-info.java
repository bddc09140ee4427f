@NullMarked
package dev.wiremesh.wireguard.handshake;

import org.jspecify.annotations.NullMarked;
