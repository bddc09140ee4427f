@NullMarked
package dev.wiremesh.wireguard.io;

import org.jspecify.annotations.NullMarked;
