@NullMarked
package dev.wiremesh.wireguard.routing;

import org.jspecify.annotations.NullMarked;
