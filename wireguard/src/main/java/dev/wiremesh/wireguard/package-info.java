@NullMarked
package dev.wiremesh.wireguard;

import org.jspecify.annotations.NullMarked;
