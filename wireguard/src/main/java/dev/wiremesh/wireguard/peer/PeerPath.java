package dev.wiremesh.wireguard.peer;

import dev.wiremesh.wireguard.io.Endpoint;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * The path to a peer: its endpoint and the configured hint, whether it can be reached there, and
 * its RTT.
 */
public final class PeerPath {
  /** More initiations without an answer make the peer unreachable. */
  private static final int UNANSWERED_IF_REACHABLE = 3;

  private static final AtomicReferenceFieldUpdater<PeerPath, Endpoint> ENDPOINT =
      AtomicReferenceFieldUpdater.newUpdater(PeerPath.class, Endpoint.class, "endpoint");

  /** Destination of packets; written under the control lock and by the receiving thread. */
  public volatile @Nullable Endpoint endpoint;

  /**
   * Several initiations were not answered, and nothing else was received meanwhile, or there is no
   * session to send with. A prefix with another next hop then uses that one. Set under the control
   * lock, cleared by the receiving thread too.
   */
  public volatile boolean unreachable;

  // Guarded by the control lock.

  /**
   * Configured endpoint that the last configuration named; null for none. It is remembered beside a
   * fresh endpoint, and tried when that one does not answer.
   */
  public @Nullable Endpoint hint;

  public final PeerProbes probes = new PeerProbes();
  public final RttEstimator rtt = new RttEstimator();

  /** Consecutive initiations without an answer. */
  private int unanswered;

  /** Consecutive initiations during which no packet of any kind was received. */
  private int unansweredInSilence;

  private long receivedAtInitiation;

  /**
   * Counts an initiation.
   *
   * @param received authenticated packets received so far
   * @param usable there is a session to send with
   */
  public void initiationSent(long received, boolean usable) {
    if (received != receivedAtInitiation) {
      receivedAtInitiation = received;
      unansweredInSilence = 0;
    }
    unanswered++;
    unansweredInSilence++;
    unreachable = (usable ? unansweredInSilence : unanswered) > UNANSWERED_IF_REACHABLE;
  }

  /**
   * Destination of the initiation that was counted last; null for none. The first goes to the
   * endpoint; from the second without an answer on, hint and endpoint alternate. The endpoint stays
   * until an authenticated packet moves it.
   */
  public @Nullable Endpoint initiationEndpoint() {
    return hint != null && unanswered % 2 == 0 ? hint : endpoint;
  }

  /** Marks the peer reachable: a handshake has completed. */
  public void handshakeCompleted() {
    unanswered = 0;
    unansweredInSilence = 0;
    unreachable = false;
  }

  /**
   * Removes the source address from the endpoint, so that the routing table chooses it again. An
   * endpoint that the receiving thread sets at the same time wins.
   */
  public void forgetSource() {
    Endpoint known = endpoint;
    if (known != null) {
      ENDPOINT.compareAndSet(this, known, known.withoutSource());
    }
  }
}
