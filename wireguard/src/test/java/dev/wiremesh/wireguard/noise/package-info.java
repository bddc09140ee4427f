@NullMarked
package dev.wiremesh.wireguard.noise;

import org.jspecify.annotations.NullMarked;
