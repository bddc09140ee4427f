package dev.wiremesh.wireguard.control;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.device.DeviceConfig;
import dev.wiremesh.wireguard.device.DropReason;
import dev.wiremesh.wireguard.device.EndpointSource;
import dev.wiremesh.wireguard.device.FormerIdentity;
import dev.wiremesh.wireguard.device.PeerConfig;
import dev.wiremesh.wireguard.device.PeerUpdate;
import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.peer.ProbeSources;
import dev.wiremesh.wireguard.peer.SnapshotReaders;
import dev.wiremesh.wireguard.peer.TrafficCounter;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What happens when the device's peers, identities and allowed IPs change. A change touches no more
 * than it names. Guarded by the control lock; {@link #publish} ends each change.
 */
public final class DeviceConfigurator {
  /** As many as wireguard-go takes. */
  private static final int MAX_PEERS = 65_536;

  private final PeerTable peers;
  private final AllowedIps allowedIps;
  private final ProbeSources probeSources;
  private final KeySuccession successions;
  private final LocalIdentities identities;
  private final DeviceState shared;
  private final SessionKeeper sessions;
  private final ControlDutyCycle loop;
  private final TimerQueue schedule;
  private final PeerTimers timers;
  private final ProtocolLimits limits;
  private final SnapshotReaders readings;

  public DeviceConfigurator(
      PeerTable peers,
      LocalIdentities identities,
      DeviceState shared,
      SessionKeeper sessions,
      ControlDutyCycle loop,
      TimerQueue schedule,
      PeerTimers timers,
      ProtocolLimits limits,
      SnapshotReaders readings) {
    this.peers = peers;
    this.allowedIps = new AllowedIps(shared, peers);
    this.probeSources = new ProbeSources(shared);
    this.successions = new KeySuccession(peers);
    this.identities = identities;
    this.shared = shared;
    this.sessions = sessions;
    this.loop = loop;
    this.schedule = schedule;
    this.timers = timers;
    this.limits = limits;
    this.readings = readings;
  }

  /** Lets the packet threads see the allowed IPs and our addresses as they are now. */
  public void publish() {
    allowedIps.publish();
    probeSources.publish();
  }

  /** Sets or (null) removes an identity; its peers shake hands anew. */
  public void setIdentity(String name, @Nullable PrivateKey key) {
    if (!identities.set(name, key)) {
      return;
    }
    var own = identities.get(name);
    if (own != null) {
      removePeer(own.publicKey());
    }
    for (var peer : peers.all()) {
      if (peer.identityName.equals(name)) {
        bind(peer, name);
      }
    }
  }

  /** Removes the identities that are not named. */
  public void retainIdentities(Set<String> names) {
    for (var name : List.copyOf(identities.privateKeys().keySet())) {
      if (!names.contains(name)) {
        setIdentity(name, null);
      }
    }
  }

  public PeerUpdate.Result changePeer(PeerUpdate change) {
    var known = peers.get(change.publicKey());
    if (identities.isOwn(change.publicKey()) || known == null && change.updateOnly()) {
      return PeerUpdate.Result.LEFT_ALONE;
    }
    if (known != null) {
      change(known, change);
      return PeerUpdate.Result.CHANGED;
    }
    if (peers.size() >= MAX_PEERS) {
      return PeerUpdate.Result.NO_ROOM;
    }
    change(add(change.publicKey(), DeviceConfig.DEFAULT_IDENTITY), change);
    return PeerUpdate.Result.ADDED;
  }

  private void change(Peer peer, PeerUpdate change) {
    boolean keptAlive = keptAlive(peer);
    if (change.presharedKey() != null) {
      setPresharedKey(peer, change.presharedKey());
    }
    if (change.endpoint() != null) {
      setEndpoint(peer, change.endpoint());
    }
    for (var step : change.allowedIps()) {
      switch (step) {
        case PeerUpdate.AllowedIpChange.Add(var prefix) -> allowedIps.add(peer, prefix);
        case PeerUpdate.AllowedIpChange.Remove(var prefix) -> allowedIps.remove(peer, prefix);
        case PeerUpdate.AllowedIpChange.RemoveAll() -> allowedIps.set(peer, Set.of());
      }
    }
    if (change.persistentKeepaliveSeconds() != null) {
      setKeepalive(peer, change.persistentKeepaliveSeconds());
    }
    goOn(peer, keptAlive);
  }

  public void setPeer(PeerConfig settings) {
    if (identities.isOwn(settings.publicKey())) {
      return;
    }
    var peer = peers.get(settings.publicKey());
    if (peer == null) {
      peer = add(settings.publicKey(), settings.identity());
    }
    setFormerIdentity(peer, settings.formerKeys().identity());
    if (!peer.identityName.equals(settings.identity())) {
      bind(peer, settings.identity());
    }
    boolean keptAlive = keptAlive(peer);
    setPresharedKey(peer, settings.presharedKey());
    successions.set(peer, settings.formerKeys().publicKey());
    hintEndpoint(peer, settings.path().endpointHint());
    allowedIps.set(peer, settings.prefixes().allowedIps());
    allowedIps.setAlternates(peer, settings.prefixes().alternateIps());
    probeSources.set(peer, settings.path().probe());
    setKeepalive(peer, settings.path().persistentKeepaliveSeconds());
    goOn(peer, keptAlive);
  }

  /** Makes the peers be those of the settings. */
  public void setPeers(List<PeerConfig> settings) {
    var wanted = settings.stream().map(PeerConfig::publicKey).collect(Collectors.toSet());
    for (var peer : List.copyOf(peers.all())) {
      if (!wanted.contains(peer.publicKey)) {
        removePeer(peer.publicKey);
      }
    }
    settings.forEach(this::setPeer);
  }

  public void removePeer(PublicKey key) {
    var peer = peers.remove(key);
    if (peer == null) {
      return;
    }
    allowedIps.set(peer, Set.of());
    allowedIps.setAlternates(peer, Set.of());
    probeSources.set(peer, null);
    successions.removed(peer);
    peer.forgetStaticStatic();
    shared.counters.drop(DropReason.STOPPED, peer.staged.close());
    peer.cookies.wipe();
    setPresharedKey(peer, null);
    setFormerIdentity(peer, null);
    stop(peer);
  }

  /** The wish is served now, or else when the link opens. */
  public void initiate(PublicKey key) {
    var peer = peers.get(key);
    if (peer != null && peer.endpoint != null) {
      peer.renewalWanted.set(true);
      loop.attend(peer, shared.clock.nanos());
    }
  }

  /** Ends all that goes on with a peer, as when the interface goes down. */
  public void stop(Peer peer) {
    sessions.endPending(peer);
    sessions.dropSessions(peer);
    shared.counters.drop(DropReason.STOPPED, peer.staged.drop());
    PeerTimers.forget(peer);
    schedule.remove(peer);
  }

  /** Begins what must go on with a peer while the interface is up. */
  public void start(Peer peer) {
    long now = shared.clock.nanos();
    peer.lastHandshakeSentNanos = TrafficCounter.NEVER;
    if (keptAlive(peer)) {
      timers.keepalive(peer, now);
    }
    loop.attend(peer, now);
  }

  private Peer add(PublicKey key, String identity) {
    var peer = peers.add(key, identity);
    timers.drawJitter(peer);
    successions.added(peer);
    bind(peer, identity);
    return peer;
  }

  /** Binds a peer to the key that an identity has now; sessions under another key end. */
  private void bind(Peer peer, String identityName) {
    var before = peer.identity;
    var identity = identities.get(identityName);
    peer.identityName = identityName;
    peers.changed(peer);
    peer.identity = identity;
    peer.forgetStaticStatic();
    if (before != null && identity != null && before.publicKey().equals(identity.publicKey())) {
      return; // another name for the same key
    }
    sessions.endPending(peer);
    peer.lastHandshakeSentNanos = TrafficCounter.NEVER;
    long now = shared.clock.nanos();
    var former = peer.formerIdentity;
    if (former != null && before != null && former.isOf(before.name())) {
      sessions.makeLastResorts(peer);
      if (peer.canSend(now)) {
        peer.renewalWanted.set(true);
      }
    } else {
      SessionKeeper.expireSessions(peer);
    }
    if (identity != null && waits(peer)) {
      timers.keepalive(peer, now);
    }
    loop.attend(peer, now);
  }

  /** Whether there is something to be said to a peer, now that it can be. */
  private boolean waits(Peer peer) {
    return shared.link.isOpen()
        && peer.endpoint != null
        && (peer.persistentKeepaliveSeconds > 0 || !peer.staged.isEmpty());
  }

  /** Whether a persistent keepalive is wanted, and there is somewhere to send it. */
  private static boolean keptAlive(Peer peer) {
    return peer.persistentKeepaliveSeconds > 0 && peer.endpoint != null;
  }

  /** Ends a change of a peer: what it makes possible is said at once, and what is due looked at. */
  private void goOn(Peer peer, boolean keptAliveBefore) {
    long now = shared.clock.nanos();
    if (!keptAliveBefore && keptAlive(peer) && shared.link.isOpen()) {
      timers.keepalive(peer, now);
    }
    loop.attend(peer, now);
  }

  /** Keeps a copy, and wipes that of the key before. */
  private void setPresharedKey(Peer peer, @Nullable PresharedKey key) {
    var known = peer.presharedKey;
    if (Objects.equals(known, key)) {
      return;
    }
    if (known != null) {
      readings.wipe(peer.presharedKeySince, known::destroy);
    }
    peer.presharedKey = key == null || key.isZero() ? null : key.copy();
    peer.presharedKeySince = readings.now();
    peers.changed(peer);
  }

  /** Keeps a copy, and wipes that of the one before. */
  private void setFormerIdentity(Peer peer, @Nullable FormerIdentity former) {
    var known = peer.formerIdentity;
    if (Objects.equals(known, former)) {
      return;
    }
    peer.formerIdentity = former == null ? null : former.copy();
    if (known != null) {
      known.destroy();
    }
    if (former == null) {
      sessions.dropLastResorts(peer);
    }
  }

  private void setEndpoint(Peer peer, Endpoint endpoint) {
    Endpoint known = peer.endpoint;
    peer.endpoint = endpoint; // also the same one: where answers left from is forgotten
    if (known == null || !known.sameDestination(endpoint)) {
      shared.counters.endpointChange(EndpointSource.CONFIGURATION);
      if (!peer.staged.isEmpty()) {
        peer.packetStaged.set(true); // what waits need not wait for a repetition
      }
    }
  }

  /** A hint counts once, and never against where a fresh handshake came from. */
  private void hintEndpoint(Peer peer, @Nullable Endpoint hint) {
    boolean fresh = shared.clock.nanos() - peer.lastHandshakeNanos < limits.rejectAfterNanos();
    if (hint == null || peer.endpoint != null && (fresh || hint.equals(peer.endpointHint))) {
      return;
    }
    peer.endpointHint = hint;
    setEndpoint(peer, hint);
  }

  /** When keepalives are due is the caller's to see to. */
  private void setKeepalive(Peer peer, int seconds) {
    if (peer.persistentKeepaliveSeconds != seconds) {
      peer.persistentKeepaliveSeconds = seconds;
      peers.changed(peer);
    }
  }
}
