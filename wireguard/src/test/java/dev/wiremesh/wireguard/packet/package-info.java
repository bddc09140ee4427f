@NullMarked
package dev.wiremesh.wireguard.packet;

import org.jspecify.annotations.NullMarked;
