package dev.wiremesh.wireguard.control;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.peer.ConfiguredPeer;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.peer.SessionRegistry;
import dev.wiremesh.wireguard.peer.StagingBudget;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The device's peers, in the order in which they were added. Guarded by the control lock. */
public final class PeerTable {
  private final SessionRegistry registry;
  private final StagingBudget stagingBudget;
  private final Map<PublicKey, Peer> byKey = new LinkedHashMap<>();
  private long nextNumber;

  /** Created by the first snapshot and shared by later ones; null after a change. */
  private @Nullable List<ConfiguredPeer> configured;

  public PeerTable(SessionRegistry registry, StagingBudget stagingBudget) {
    this.registry = registry;
    this.stagingBudget = stagingBudget;
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

  /** Adds a peer; there must be none with this key. */
  Peer add(PublicKey key, String identityName) {
    var peer = new Peer(key, nextNumber++, identityName, registry, stagingBudget);
    byKey.put(key, peer);
    configured = null;
    return peer;
  }

  /** Removes a peer; null if there is none. */
  @Nullable Peer remove(PublicKey key) {
    var peer = byKey.remove(key);
    if (peer != null) {
      peer.removed = true;
      configured = null;
    }
    return peer;
  }

  /** Must be called after each change of a peer's configuration that snapshots show. */
  void changed(Peer peer) {
    peer.configChanged();
    configured = null;
  }

  /** All peers with their configuration in force. */
  public List<ConfiguredPeer> configured() {
    var known = configured;
    if (known == null) {
      known = byKey.values().stream().map(Peer::configured).toList();
      configured = known;
    }
    return known;
  }
}
