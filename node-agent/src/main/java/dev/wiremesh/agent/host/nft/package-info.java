/** The packet filter: tables of nftables as values, their text, and the program nft. */
@NullMarked
package dev.wiremesh.agent.host.nft;

import org.jspecify.annotations.NullMarked;
