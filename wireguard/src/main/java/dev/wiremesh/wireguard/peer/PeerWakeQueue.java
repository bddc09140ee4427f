package dev.wiremesh.wireguard.peer;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Peers that the control thread is to service. A peer is in the queue at most once, so the queue is
 * no longer than the number of peers. Any thread adds; the holder of the control lock polls.
 */
public final class PeerWakeQueue {
  private final ConcurrentLinkedQueue<Peer> peers = new ConcurrentLinkedQueue<>();
  private volatile @Nullable Thread controlThread;

  /** Adds a peer and wakes the control thread, unless the peer is in the queue. */
  public void add(Peer peer) {
    if (peer.requests.queued.compareAndSet(false, true)) {
      peers.add(peer);
      wake();
    }
  }

  public @Nullable Peer poll() {
    Peer peer = peers.poll();
    if (peer != null) {
      peer.requests.queued.set(false);
    }
    return peer;
  }

  public boolean isEmpty() {
    return peers.isEmpty();
  }

  /** The thread that {@link #wake} wakes. */
  public void setControlThread(Thread thread) {
    controlThread = thread;
  }

  public void wake() {
    LockSupport.unpark(controlThread);
  }
}
