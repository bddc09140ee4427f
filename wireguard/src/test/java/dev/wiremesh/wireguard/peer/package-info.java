@NullMarked
package dev.wiremesh.wireguard.peer;

import org.jspecify.annotations.NullMarked;
