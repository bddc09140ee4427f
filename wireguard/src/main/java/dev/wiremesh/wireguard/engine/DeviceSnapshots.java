package dev.wiremesh.wireguard.engine;

import dev.wiremesh.wireguard.control.ControlLock;
import dev.wiremesh.wireguard.control.LocalIdentities;
import dev.wiremesh.wireguard.control.PeerTable;
import dev.wiremesh.wireguard.device.DeviceSnapshot;
import dev.wiremesh.wireguard.device.PagedSnapshot;
import dev.wiremesh.wireguard.device.PeerSnapshot;
import dev.wiremesh.wireguard.io.TunDevice;
import dev.wiremesh.wireguard.peer.ConfiguredPeer;
import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.SnapshotReaders;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Snapshots of a device: its configuration and the state of its peers at one moment, whole or in
 * pages.
 *
 * <p>Thread-safe: each snapshot and each page is made under the control lock.
 */
final class DeviceSnapshots {
  private final ControlLock controlLock;
  private final TunDevice tun;
  private final DeviceState state;
  private final PeerTable peers;
  private final LocalIdentities identities;
  private final SnapshotReaders readers;

  DeviceSnapshots(
      ControlLock controlLock,
      TunDevice tun,
      DeviceState state,
      PeerTable peers,
      LocalIdentities identities,
      SnapshotReaders readers) {
    this.controlLock = controlLock;
    this.tun = tun;
    this.state = state;
    this.peers = peers;
    this.identities = identities;
    this.readers = readers;
  }

  DeviceSnapshot whole() {
    try (var _ = controlLock.acquire()) {
      return snapshotOf(peers.configured());
    }
  }

  PagedSnapshot inParts(int peersInEach) {
    try (var _ = controlLock.acquire()) {
      return new SnapshotPages(peersInEach);
    }
  }

  private DeviceSnapshot snapshotOf(List<ConfiguredPeer> peers) {
    return new DeviceSnapshot(
        tun.name(),
        state.socket.isOpen(),
        identities.privateKeys(),
        state.socket.port(),
        state.socket.mark(),
        snapshotsOf(peers));
  }

  /** Reader of a snapshot: holds the shared configuration and creates each page on request. */
  private final class SnapshotPages implements PagedSnapshot {
    private final int peersInEach;
    private final DeviceSnapshot device;
    private final List<ConfiguredPeer> configured;
    private final long number;
    private int at;
    private boolean begun;

    /** Called under the control lock. */
    SnapshotPages(int peersInEach) {
      this.peersInEach = peersInEach;
      device = snapshotOf(List.of());
      configured = peers.configured();
      number = readers.begin();
    }

    @Override
    public boolean hasNext() {
      return !begun || at < configured.size();
    }

    @Override
    public DeviceSnapshot next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      begun = true;
      var part = configured.subList(at, Math.min(at + peersInEach, configured.size()));
      at += part.size();
      try (var _ = controlLock.acquire()) {
        return device.withPeers(snapshotsOf(part));
      }
    }

    @Override
    public void close() {
      try (var _ = controlLock.acquire()) {
        readers.end(number);
      }
    }
  }

  private static List<PeerSnapshot> snapshotsOf(List<ConfiguredPeer> peers) {
    return peers.stream().map(DeviceSnapshots::snapshotOf).toList();
  }

  private static PeerSnapshot snapshotOf(ConfiguredPeer configured) {
    var peer = configured.peer();
    return new PeerSnapshot(
        peer.publicKey,
        configured.configuration(),
        new PeerSnapshot.Connection(peer.path.endpoint, peer.handshake.lastCompleted),
        peer.traffic.snapshot(),
        new PeerSnapshot.RoundTrip(
            peer.handshake.lastRtt, peer.path.rtt.smoothed(), peer.path.rtt.jitter()));
  }
}
