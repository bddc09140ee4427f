package dev.wiremesh.wireguard.control;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.peer.Peer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Links the two peers of a host that changes its key, in whichever order they are added. Guarded by
 * the control lock.
 */
final class KeySuccession {
  private final PeerTable peers;
  private final Map<PublicKey, Peer> byFormerKey = new HashMap<>();

  KeySuccession(PeerTable peers) {
    this.peers = peers;
  }

  /** Sets the former key of the peer's host; null for none. */
  void set(Peer peer, @Nullable PublicKey formerKey) {
    var known = peer.config.formerKey;
    if (known != null && byFormerKey.remove(known, peer)) {
      link(peers.get(known), null);
    }
    peer.config.formerKey = formerKey;
    if (formerKey != null) {
      byFormerKey.put(formerKey, peer);
      link(peers.get(formerKey), peer);
    }
  }

  void added(Peer peer) {
    link(peer, byFormerKey.get(peer.publicKey));
  }

  void removed(Peer peer) {
    set(peer, null);
    link(peer, null);
  }

  private static void link(@Nullable Peer peer, @Nullable Peer successor) {
    if (peer == null || peer == successor) {
      return;
    }
    var before = peer.successor;
    if (before != null) {
      before.predecessor = null;
    }
    peer.successor = successor;
    if (successor != null) {
      successor.predecessor = peer;
    }
  }
}
