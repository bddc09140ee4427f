package dev.wiremesh.wireguard.control;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.peer.ConfiguredPeer;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.peer.StagingBudget;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The peers that there are, in the order in which they were added, and what is configured of them,
 * for those who ask. Guarded by the control lock.
 */
public final class PeerTable {
  private final StagingBudget stagingRoom;
  private final Map<PublicKey, Peer> byKey = new LinkedHashMap<>();
  private long nextNumber;

  /** Made when somebody asks, and shared until something changes. */
  private @Nullable List<ConfiguredPeer> inForce;

  public PeerTable(StagingBudget stagingRoom) {
    this.stagingRoom = stagingRoom;
  }

  @Nullable Peer get(PublicKey key) {
    return byKey.get(key);
  }

  public Collection<Peer> all() {
    return Collections.unmodifiableCollection(byKey.values());
  }

  int size() {
    return byKey.size();
  }

  /** Adds a peer that is not there yet. */
  Peer add(PublicKey key, String identityName) {
    var peer = new Peer(key, nextNumber++, identityName, stagingRoom);
    byKey.put(key, peer);
    inForce = null;
    return peer;
  }

  /** Takes a peer away; null if it is not there. */
  @Nullable Peer remove(PublicKey key) {
    var peer = byKey.remove(key);
    if (peer != null) {
      peer.removed = true;
      inForce = null;
    }
    return peer;
  }

  /** Something that is configured of a peer is another one now. */
  void changed(Peer peer) {
    peer.configurationChanged();
    inForce = null;
  }

  /** What is configured now. */
  public List<ConfiguredPeer> inForce() {
    var known = inForce;
    if (known == null) {
      known = byKey.values().stream().map(Peer::configuration).toList();
      inForce = known;
    }
    return known;
  }
}
