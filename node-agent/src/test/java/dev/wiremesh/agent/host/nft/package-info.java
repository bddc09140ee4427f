@NullMarked
package dev.wiremesh.agent.host.nft;

import org.jspecify.annotations.NullMarked;
