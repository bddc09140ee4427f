package dev.wiremesh.wireguard.peer;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.net.IpPrefix;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is configured of a peer at one moment. All readers share it until something of it changes;
 * what the peer learns by itself they find in the peer.
 *
 * @param presharedKey the peer's own, kept for as long as {@link SnapshotReaders} says
 * @param allowedIps in order
 */
public record ConfiguredPeer(
    Peer peer,
    String identity,
    @Nullable PresharedKey presharedKey,
    int persistentKeepaliveSeconds,
    List<IpPrefix> allowedIps) {}
