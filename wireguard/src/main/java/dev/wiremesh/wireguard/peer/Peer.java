package dev.wiremesh.wireguard.peer;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.device.FormerIdentity;
import dev.wiremesh.wireguard.device.PeerSnapshot;
import dev.wiremesh.wireguard.handshake.CookieGenerator;
import dev.wiremesh.wireguard.handshake.Tai64n;
import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.noise.Curve25519;
import dev.wiremesh.wireguard.session.Session;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All that we know of one peer, grouped by who may write it. What is not said to be of somebody
 * else is guarded by the control lock.
 */
public final class Peer {
  /** After so many initiations without an answer, a prefix with another next hop goes there. */
  private static final int UNANSWERED_IF_REACHABLE = 3;

  private static final AtomicReferenceFieldUpdater<Peer, Endpoint> ENDPOINT =
      AtomicReferenceFieldUpdater.newUpdater(Peer.class, Endpoint.class, "endpoint");

  public final PublicKey publicKey;

  /** Grows from peer to peer: the order in which they were added. */
  public final long number;

  final NextHop route = new NextHop(this);

  // --- Read by the packet threads.

  /** What is sent with, see {@link #sendingSession}; written under the control lock. */
  public volatile @Nullable Session<Peer> current;

  /** Agreed, but the initiator has not used it yet; written under the control lock. */
  public volatile @Nullable Session<Peer> next;

  /** Where packets go; written under the control lock and by the receiving thread. */
  public volatile @Nullable Endpoint endpoint;

  /** The same host under its next key, which it is just changing to; written under the lock. */
  public volatile @Nullable Peer successor;

  /** The same host under the key that it had before; written under the control lock. */
  public volatile @Nullable Peer predecessor;

  /**
   * Several initiations had no answer, and nothing else came meanwhile, or there is no session to
   * send by. Set under the control lock, cleared by the receiving thread as well.
   */
  public volatile boolean unreachable;

  // --- Facts: one writer each.

  /** By the sending thread. */
  public final TrafficCounter sentData = new TrafficCounter();

  /** By the sending thread: when it last asked for another session. */
  public long renewalAskedNanos = TrafficCounter.NEVER;

  /** By the sending thread. */
  public final ReplyDeadline dataSent = new ReplyDeadline();

  /** By the receiving thread. */
  public final TrafficCounter receivedData = new TrafficCounter();

  /** By the receiving thread: packets with something in them, not keepalives. */
  public final ReplyDeadline dataReceived = new ReplyDeadline();

  /** By the receiving thread: the last packet with something in it. */
  public final AtomicLong lastDataReceivedNanos = new AtomicLong(TrafficCounter.NEVER);

  /** By the receiving thread. */
  public final LossCounter arrivals = new LossCounter();

  /** Under the control lock: handshakes, keepalives and staged packets. */
  public final TrafficCounter sentByControl = new TrafficCounter();

  /** Under the control lock. */
  public final ReplyDeadline stagedSent = new ReplyDeadline();

  /** Under the control lock: handshakes. */
  public final TrafficCounter receivedByControl = new TrafficCounter();

  /** By the receiving thread: answers to probes. */
  public final TrafficCounter sentByReceiver = new TrafficCounter();

  // --- Between the packet threads and the control thread.

  public final StagedPackets staged;
  final AtomicBoolean attentionAsked = new AtomicBoolean();

  /** A packet was staged that no handshake was begun for yet. */
  public final AtomicBoolean packetStaged = new AtomicBoolean();

  /** The current session should be followed by another one. */
  public final AtomicBoolean renewalWanted = new AtomicBoolean();

  /** The control thread will look at this peer soon anyway; if not, traffic asks for attention. */
  public volatile boolean watched;

  // --- Settings.

  /** It is no peer any more. */
  public boolean removed;

  public String identityName;
  public @Nullable LocalIdentity identity;
  public @Nullable PresharedKey presharedKey;

  /** {@link SnapshotReaders#now} when the preshared key was set. */
  public long presharedKeySince;

  public int persistentKeepaliveSeconds;
  public @Nullable Endpoint endpointHint;
  public final TreeSet<IpPrefix> allowedIps = new TreeSet<>();
  public final TreeSet<IpPrefix> alternateIps = new TreeSet<>();

  /** Made when somebody asks; forgotten when something of it changes. */
  private @Nullable ConfiguredPeer configuration;

  /** A key of ours that the peer may still address us by. */
  public @Nullable FormerIdentity formerIdentity;

  /** The key that the host had before, and may still use. */
  public @Nullable PublicKey formerKey;

  // --- Handshakes.

  public final CookieGenerator cookies;

  /** Computed when it is first needed: many peers never say a word. */
  private byte @Nullable [] staticStatic;

  private boolean staticStaticKnown;

  public @Nullable PendingHandshake pending;

  /** Initiations in a row without an answer, since somebody last wanted a handshake. */
  public int attempts;

  /** Initiations in a row without an answer, whoever wanted them. */
  private int unanswered;

  /** Those of them since when nothing at all came from the peer. */
  private int unansweredInSilence;

  private long receivedAtInitiation;

  /** Initiation or response. */
  public long lastHandshakeSentNanos = TrafficCounter.NEVER;

  public @Nullable Tai64n lastTimestampSent;

  /** An initiation is to be sent as soon as the last handshake message is long enough ago. */
  public boolean initiationWanted;

  public Tai64n latestTimestamp = Tai64n.LOWEST;
  public long lastInitiationReceivedNanos = TrafficCounter.NEVER;
  public long lastHandshakeNanos = TrafficCounter.NEVER;
  public @Nullable Instant lastHandshake;
  public @Nullable Duration handshakeRtt;
  public final RttEstimator roundTrips = new RttEstimator();

  // --- Sessions beside the current one.

  /** The one before the current one, for what is still under way. */
  public @Nullable Session<Peer> previous;

  /** Agreed under our former identity, the oldest first; one of them may be the current one. */
  public List<Session<Peer>> lastResorts = List.of();

  public final PeerProbes probes = new PeerProbes();

  // --- Timers.

  public long lookAtNanos = TrafficCounter.NEVER;
  public long activityAtLook;
  public long newHandshakeJitter;
  public long persistentKeepaliveNanos = TrafficCounter.NEVER;
  public long zeroKeysNanos = TrafficCounter.NEVER;

  public Peer(PublicKey publicKey, long number, String identityName, StagingBudget stagingRoom) {
    this.publicKey = publicKey;
    this.number = number;
    this.identityName = identityName;
    this.staged = new StagedPackets(stagingRoom);
    this.cookies = new CookieGenerator(publicKey);
  }

  public ConfiguredPeer configuration() {
    var known = configuration;
    if (known == null) {
      known =
          new ConfiguredPeer(
              this,
              new PeerSnapshot.Configuration(
                  identityName, presharedKey, persistentKeepaliveSeconds, List.copyOf(allowedIps)));
      configuration = known;
    }
    return known;
  }

  public void configurationChanged() {
    configuration = null;
  }

  /**
   * The session to send by: from the first packet on that came under the next one that one, also
   * before the control thread has put it in its place. What answers that packet may be on its way
   * already, and a peer that begins anew has no other session.
   */
  public @Nullable Session<Peer> sendingSession() {
    var agreed = next;
    return agreed != null && agreed.confirmed() ? agreed : current;
  }

  /** True if there is a session to send by and an endpoint to send to. */
  public boolean canSend(long now) {
    var session = sendingSession();
    return session != null && session.canSend(now) && endpoint != null;
  }

  /** Agreement of our static key and the peer's; null without a key or for one of low order. */
  public byte @Nullable [] staticStatic() {
    var own = identity;
    if (!staticStaticKnown) {
      staticStatic = own == null ? null : Curve25519.agree(own.privateBytes(), publicKey.toBytes());
      staticStaticKnown = true;
    }
    return staticStatic;
  }

  /** Our key is another one, or the peer is none any more. */
  public void forgetStaticStatic() {
    byte[] known = staticStatic;
    if (known != null) {
      Arrays.fill(known, (byte) 0);
    }
    staticStatic = null;
    staticStaticKnown = false;
  }

  /**
   * An initiation is sent.
   *
   * @param usable there is a session to send by all the same
   */
  public void noteInitiation(boolean usable) {
    long received = receivedPackets();
    if (received != receivedAtInitiation) {
      receivedAtInitiation = received;
      unansweredInSilence = 0;
    }
    unanswered++;
    unansweredInSilence++;
    unreachable = (usable ? unansweredInSilence : unanswered) > UNANSWERED_IF_REACHABLE;
  }

  /** A handshake has succeeded. */
  public void noteAnswer() {
    unanswered = 0;
    unansweredInSilence = 0;
    unreachable = false;
  }

  /**
   * The way back may have changed: lets the routing table choose our address again. A peer that
   * moves in this very moment stays where it was heard from.
   */
  public void forgetSource() {
    Endpoint known = endpoint;
    if (known != null) {
      ENDPOINT.compareAndSet(this, known, known.withoutSource());
    }
  }

  /** The latest that the host was sent, under whichever of its keys: it may count them together. */
  public @Nullable Tai64n lastTimestampToHost() {
    return Stream.of(this, successor, predecessor)
        .filter(Objects::nonNull)
        .map(peer -> peer.lastTimestampSent)
        .filter(Objects::nonNull)
        .max(Comparator.naturalOrder())
        .orElse(null);
  }

  /** Moves on before anything is sent, so that what answers it comes after. */
  public long sendsBegun() {
    return sentData.begun() + sentByControl.begun() + sentByReceiver.begun();
  }

  /** Authenticated packets sent so far, of any kind. */
  public long sentPackets() {
    return sentData.packets() + sentByControl.packets() + sentByReceiver.packets();
  }

  public long sentBytes() {
    return sentData.bytes() + sentByControl.bytes() + sentByReceiver.bytes();
  }

  /** Authenticated packets received so far, of any kind. */
  public long receivedPackets() {
    return receivedData.packets() + receivedByControl.packets();
  }

  /** Authenticated packets received so far from this host, under whichever of its keys. */
  public long heard() {
    var next = successor;
    var former = predecessor;
    return receivedPackets()
        + (next == null ? 0 : next.receivedPackets())
        + (former == null ? 0 : former.receivedPackets());
  }

  /** Moves on with every authenticated packet. */
  public long activity() {
    return sentPackets() + receivedPackets();
  }

  public long lastTrafficNanos() {
    return Math.max(
        Math.max(sentData.lastNanos(), receivedData.lastNanos()),
        Math.max(
            sentByReceiver.lastNanos(),
            Math.max(sentByControl.lastNanos(), receivedByControl.lastNanos())));
  }

  /** When something was last sent or received that is neither keepalive nor probe. */
  public long lastDataNanos() {
    return Math.max(sentData.lastNanos(), lastDataReceivedNanos.getAcquire());
  }

  @Override
  public String toString() {
    return publicKey.toString();
  }
}
