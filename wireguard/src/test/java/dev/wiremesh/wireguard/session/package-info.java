@NullMarked
package dev.wiremesh.wireguard.session;

import org.jspecify.annotations.NullMarked;
