package dev.wiremesh.wireguard.peer;

import dev.wiremesh.wireguard.device.PeerSnapshot;

/**
 * A peer with its configuration at one moment. Immutable and shared by all snapshot readers until
 * the configuration changes; learned state is read from the peer itself.
 *
 * @param configuration its preshared key is the peer's own, valid as long as {@link
 *     SnapshotReaders} keeps it
 */
public record ConfiguredPeer(Peer peer, PeerSnapshot.Configuration configuration) {}
