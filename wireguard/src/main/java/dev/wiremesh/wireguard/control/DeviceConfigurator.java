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
 * Applies configuration changes to peers, identities and allowed IPs. A change affects nothing that
 * it does not name. Guarded by the control lock; {@link #publish} ends each change.
 */
public final class DeviceConfigurator {
  /** As in wireguard-go. */
  private static final int MAX_PEERS = 65_536;

  private final PeerTable peers;
  private final AllowedIps allowedIps;
  private final ProbeSources probeSources;
  private final KeySuccession successions;
  private final LocalIdentities identities;
  private final DeviceState state;
  private final SessionIndexes indexes;
  private final ControlDutyCycle dutyCycle;
  private final TimerQueue timerQueue;
  private final PeerTimers timers;
  private final ProtocolLimits limits;
  private final SnapshotReaders snapshotReaders;

  public DeviceConfigurator(
      PeerTable peers,
      LocalIdentities identities,
      DeviceState state,
      SessionIndexes indexes,
      ControlDutyCycle dutyCycle,
      TimerQueue timerQueue,
      PeerTimers timers,
      ProtocolLimits limits,
      SnapshotReaders snapshotReaders) {
    this.peers = peers;
    this.allowedIps = new AllowedIps(state, peers);
    this.probeSources = new ProbeSources(state);
    this.successions = new KeySuccession(peers);
    this.identities = identities;
    this.state = state;
    this.indexes = indexes;
    this.dutyCycle = dutyCycle;
    this.timerQueue = timerQueue;
    this.timers = timers;
    this.limits = limits;
    this.snapshotReaders = snapshotReaders;
  }

  /** Publishes allowed IPs and probe source addresses to the packet threads. */
  public void publish() {
    allowedIps.publish();
    probeSources.publish();
  }

  /** Sets or (null) removes an identity; its peers begin new handshakes. */
  public void setIdentity(String name, @Nullable PrivateKey key) {
    if (!identities.set(name, key)) {
      return;
    }
    var own = identities.get(name);
    if (own != null) {
      removePeer(own.publicKey());
    }
    for (var peer : peers.all()) {
      if (peer.config.identityName.equals(name)) {
        bind(peer, name);
      }
    }
  }

  /** Removes all other identities. */
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
    boolean wantedKeepalive = wantsKeepalive(peer);
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
    finishChange(peer, wantedKeepalive);
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
    if (!peer.config.identityName.equals(settings.identity())) {
      bind(peer, settings.identity());
    }
    boolean wantedKeepalive = wantsKeepalive(peer);
    setPresharedKey(peer, settings.presharedKey());
    successions.set(peer, settings.formerKeys().publicKey());
    hintEndpoint(peer, settings.path().endpointHint());
    allowedIps.set(peer, settings.prefixes().allowedIps());
    allowedIps.setAlternates(peer, settings.prefixes().alternateIps());
    probeSources.set(peer, settings.path().probe());
    setKeepalive(peer, settings.path().persistentKeepaliveSeconds());
    finishChange(peer, wantedKeepalive);
  }

  /** Sets the peers; others are removed. */
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
    peer.handshake.forgetStaticStatic();
    state.counters.drop(DropReason.STOPPED, peer.staged.close());
    peer.handshake.cookieGenerator.wipe();
    setPresharedKey(peer, null);
    setFormerIdentity(peer, null);
    stop(peer);
  }

  /** Begins a handshake now, or when the socket opens. */
  public void initiate(PublicKey key) {
    var peer = peers.get(key);
    if (peer != null && peer.path.endpoint != null) {
      peer.requests.renewal.set(true);
      dutyCycle.service(peer, state.clock.nanos());
    }
  }

  /** Ends sessions, handshake, timers and staged packets of a peer: the interface went down. */
  public void stop(Peer peer) {
    indexes.endPending(peer);
    peer.keypairs.drop();
    state.counters.drop(DropReason.STOPPED, peer.staged.drop());
    PeerTimers.cancel(peer);
    timerQueue.remove(peer);
  }

  /** Starts a peer: the interface came up. */
  public void start(Peer peer) {
    long now = state.clock.nanos();
    peer.handshake.lastSentNanos = TrafficCounter.NEVER;
    if (wantsKeepalive(peer)) {
      timers.keepalive(peer, now);
    }
    dutyCycle.service(peer, now);
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
    var before = peer.config.identity;
    var identity = identities.get(identityName);
    peer.config.identityName = identityName;
    peers.changed(peer);
    peer.config.identity = identity;
    peer.handshake.forgetStaticStatic();
    if (before != null && identity != null && before.publicKey().equals(identity.publicKey())) {
      return; // another name for the same key
    }
    indexes.endPending(peer);
    peer.handshake.lastSentNanos = TrafficCounter.NEVER;
    long now = state.clock.nanos();
    var former = peer.config.formerIdentity;
    if (former != null && before != null && former.isOf(before.name())) {
      peer.keypairs.moveToFormerIdentity();
      if (peer.canSend(now)) {
        peer.requests.renewal.set(true);
      }
    } else {
      peer.keypairs.expire();
    }
    if (identity != null && wantsHandshake(peer)) {
      timers.keepalive(peer, now);
    }
    dutyCycle.service(peer, now);
  }

  /** True if staged packets or a persistent keepalive wait for a handshake. */
  private boolean wantsHandshake(Peer peer) {
    return state.socket.isOpen()
        && peer.path.endpoint != null
        && (peer.config.persistentKeepaliveSeconds > 0 || !peer.staged.isEmpty());
  }

  /** True if a persistent keepalive is configured and an endpoint is known. */
  private static boolean wantsKeepalive(Peer peer) {
    return peer.config.persistentKeepaliveSeconds > 0 && peer.path.endpoint != null;
  }

  /** Ends a change of a peer: a new persistent keepalive is sent at once, timers are checked. */
  private void finishChange(Peer peer, boolean wantedKeepalive) {
    long now = state.clock.nanos();
    if (!wantedKeepalive && wantsKeepalive(peer) && state.socket.isOpen()) {
      timers.keepalive(peer, now);
    }
    dutyCycle.service(peer, now);
  }

  /** Sets a copy of the key and wipes the copy of the previous one. */
  private void setPresharedKey(Peer peer, @Nullable PresharedKey key) {
    var known = peer.config.presharedKey;
    if (Objects.equals(known, key)) {
      return;
    }
    if (known != null) {
      snapshotReaders.wipe(peer.config.presharedKeySince, known::destroy);
    }
    peer.config.presharedKey = key == null || key.isZero() ? null : key.copy();
    peer.config.presharedKeySince = snapshotReaders.now();
    peers.changed(peer);
  }

  /** Sets a copy of the identity and wipes the copy of the previous one. */
  private void setFormerIdentity(Peer peer, @Nullable FormerIdentity former) {
    var known = peer.config.formerIdentity;
    if (Objects.equals(known, former)) {
      return;
    }
    peer.config.formerIdentity = former == null ? null : former.copy();
    if (known != null) {
      known.destroy();
    }
    if (former == null) {
      peer.keypairs.dropFormerIdentity();
    }
  }

  private void setEndpoint(Peer peer, Endpoint endpoint) {
    Endpoint known = peer.path.endpoint;
    peer.path.endpoint = endpoint; // even if equal: the source address is reset
    if (known == null || !known.sameDestination(endpoint)) {
      state.counters.endpointChange(EndpointSource.CONFIGURATION);
      if (!peer.staged.isEmpty()) {
        peer.requests.packetStaged.set(true); // staged packets need not wait for a retransmission
      }
    }
  }

  /**
   * Remembers a hint, for initiations that the endpoint does not answer. A new hint also becomes
   * the endpoint at once, unless that is the endpoint of a fresh handshake.
   */
  private void hintEndpoint(Peer peer, @Nullable Endpoint hint) {
    boolean known = hint == null || hint.equals(peer.path.hint);
    boolean fresh =
        state.clock.nanos() - peer.handshake.lastCompletedNanos < limits.rejectAfterNanos();
    peer.path.hint = hint;
    if (hint != null && (peer.path.endpoint == null || !known && !fresh)) {
      setEndpoint(peer, hint);
    }
  }

  /** The caller checks the timers. */
  private void setKeepalive(Peer peer, int seconds) {
    if (peer.config.persistentKeepaliveSeconds != seconds) {
      peer.config.persistentKeepaliveSeconds = seconds;
      peers.changed(peer);
    }
  }
}
