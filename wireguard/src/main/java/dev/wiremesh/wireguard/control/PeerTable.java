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

/**
 * The peers that there are, in the order in which they were added, and what is configured of them,
 * for those who ask. Guarded by the control lock.
 */
public final class PeerTable {
  private final SessionRegistry registry;
  private final StagingBudget stagingBudget;
  private final Map<PublicKey, Peer> byKey = new LinkedHashMap<>();
  private long nextNumber;

  /** Made when somebody asks, and state until something changes. */
  private @Nullable List<ConfiguredPeer> inForce;

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

  /** Adds a peer that is not there yet. */
  Peer add(PublicKey key, String identityName) {
    var peer = new Peer(key, nextNumber++, identityName, registry, stagingBudget);
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
    peer.configChanged();
    inForce = null;
  }

  /** What is configured now. */
  public List<ConfiguredPeer> inForce() {
    var known = inForce;
    if (known == null) {
      known = byKey.values().stream().map(Peer::configured).toList();
      inForce = known;
    }
    return known;
  }
}
