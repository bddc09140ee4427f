package dev.wiremesh.wireguard.peer;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.handshake.Tai64n;
import java.util.Comparator;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One peer of a device, composed of parts that each say which thread writes them. The control lock
 * guards everything that says nothing else.
 */
public final class Peer {
  public final PublicKey publicKey;

  /** Position in the order in which peers were added. */
  public final long number;

  /** The peer's configuration; control lock. */
  public final AppliedConfig config;

  /** Sessions; written under the control lock, read by the packet threads. */
  public final Keypairs keypairs;

  /** Handshake in progress and results of the last one; control lock. */
  public final HandshakeState handshake;

  /** Facts that the timers' deadlines follow from; one writer each. */
  public final TimerState timers = new TimerState();

  /** Counters; one writer each. */
  public final TrafficStats traffic = new TrafficStats();

  /** Packets that wait for a session; any thread. */
  public final StagedPackets staged;

  /** Endpoint, reachability and RTT; control lock and receiving thread. */
  public final PeerPath path = new PeerPath();

  /** Requests to the control thread; any thread. */
  public final PeerRequests requests = new PeerRequests();

  /** The next hop that consists of this peer alone. */
  final NextHop route = new NextHop(this);

  /** The same host under its next key, while its key changes; written under the control lock. */
  public volatile @Nullable Peer successor;

  /** The same host under its former key, while its key changes; written under the control lock. */
  public volatile @Nullable Peer predecessor;

  /** True once the device has removed the peer. */
  public boolean removed;

  /** Created by the first reader; null after a change. */
  private @Nullable ConfiguredPeer configured;

  public Peer(
      PublicKey publicKey,
      long number,
      String identityName,
      SessionRegistry registry,
      StagingBudget stagingBudget) {
    this.publicKey = publicKey;
    this.number = number;
    this.config = new AppliedConfig(identityName);
    this.keypairs = new Keypairs(registry);
    this.handshake = new HandshakeState(publicKey);
    this.staged = new StagedPackets(stagingBudget);
  }

  /** True if there is a session to send with and an endpoint to send to; any thread. */
  public boolean canSend(long now) {
    var session = keypairs.sending();
    return session != null && session.canSend(now) && path.endpoint != null;
  }

  /** Authenticated packets received from this host, under any of its keys; any thread. */
  public long receivedFromHost() {
    var next = successor;
    var former = predecessor;
    return traffic.receivedPackets()
        + (next == null ? 0 : next.traffic.receivedPackets())
        + (former == null ? 0 : former.traffic.receivedPackets());
  }

  /** Highest timestamp sent to this host under any of its keys: it may compare them all. */
  public @Nullable Tai64n lastTimestampToHost() {
    return Stream.of(this, successor, predecessor)
        .filter(Objects::nonNull)
        .map(peer -> peer.handshake.lastTimestampSent)
        .filter(Objects::nonNull)
        .max(Comparator.naturalOrder())
        .orElse(null);
  }

  /** DH of the two static keys; null without an identity or for a key of low order. */
  public byte @Nullable [] staticStatic() {
    return handshake.staticStatic(config.identity);
  }

  /** This peer with the configuration in force; the same object until {@link #configChanged}. */
  public ConfiguredPeer configured() {
    var known = configured;
    if (known == null) {
      known = new ConfiguredPeer(this, config.snapshot());
      configured = known;
    }
    return known;
  }

  /** Must be called after each change of {@link #config} that snapshots show. */
  public void configChanged() {
    configured = null;
  }

  @Override
  public String toString() {
    return publicKey.toString();
  }
}
