package dev.wiremesh.wireguard.device;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Peers that a packet thread wants the control thread to look at: each at most once, so the queue
 * is no longer than there are peers. Any thread asks; the control lock's holder takes.
 */
final class PeerWakeQueue {
  private final ConcurrentLinkedQueue<Peer> peers = new ConcurrentLinkedQueue<>();
  private volatile @Nullable Thread controlThread;

  void ask(Peer peer) {
    if (peer.attentionAsked.compareAndSet(false, true)) {
      peers.add(peer);
      wake();
    }
  }

  @Nullable Peer poll() {
    Peer peer = peers.poll();
    if (peer != null) {
      peer.attentionAsked.set(false);
    }
    return peer;
  }

  boolean isEmpty() {
    return peers.isEmpty();
  }

  /** The thread that {@link #wake} wakes. */
  void setControlThread(Thread thread) {
    controlThread = thread;
  }

  void wake() {
    LockSupport.unpark(controlThread);
  }
}
