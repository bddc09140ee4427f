@NullMarked
package dev.wiremesh.wireguard.control;

import org.jspecify.annotations.NullMarked;
