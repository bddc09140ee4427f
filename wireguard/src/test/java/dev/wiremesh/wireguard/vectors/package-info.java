/** Published test vectors as they lie in the test resources, each file naming its source. */
@NullMarked
package dev.wiremesh.wireguard.vectors;

import org.jspecify.annotations.NullMarked;
