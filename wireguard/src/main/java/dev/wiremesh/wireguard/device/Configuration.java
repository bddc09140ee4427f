package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.routing.PrefixTable;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The device's peers, identities and allowed IPs, and what happens when they change. A change
 * touches no more than it names. Guarded by the control lock; {@link #publish} ends each change.
 */
final class Configuration {
  /** As many as wireguard-go takes. */
  private static final int MAX_PEERS = 65_536;

  private final Map<PublicKey, Peer> peers;
  private final Successions successions;
  private final Identities identities;
  private final Shared shared;
  private final SessionKeeper sessions;
  private final ControlLoop loop;
  private final Schedule schedule;
  private final PeerTimers timers;
  private final ProtocolLimits limits;
  private final Readings readings;

  /** Made when somebody asks, and shared until something changes. */
  private @Nullable List<PeerConfiguration> inForce;

  private PrefixTable<NextHop> routes = PrefixTable.empty();

  /** Addresses of ours that peers are asked from, and how many. */
  private final Map<IpAddress, Integer> probedFrom = new HashMap<>();

  private long nextNumber;

  Configuration(
      Map<PublicKey, Peer> peers,
      Identities identities,
      Shared shared,
      SessionKeeper sessions,
      ControlLoop loop,
      Schedule schedule,
      PeerTimers timers,
      ProtocolLimits limits,
      Readings readings) {
    this.peers = peers;
    this.successions = new Successions(peers);
    this.identities = identities;
    this.shared = shared;
    this.sessions = sessions;
    this.loop = loop;
    this.schedule = schedule;
    this.timers = timers;
    this.limits = limits;
    this.readings = readings;
  }

  Collection<Peer> peers() {
    return peers.values();
  }

  /** What is configured now, in the order in which the peers were added. */
  List<PeerConfiguration> inForce() {
    var known = inForce;
    if (known == null) {
      known = peers.values().stream().map(Peer::configuration).toList();
      inForce = known;
    }
    return known;
  }

  private void changed(Peer peer) {
    peer.configurationChanged();
    inForce = null;
  }

  /** Lets the packet threads see the allowed IPs and our addresses as they are now. */
  void publish() {
    if (shared.routes != routes) {
      shared.routes = routes;
    }
    if (!shared.ownAddresses.equals(probedFrom.keySet())) {
      shared.ownAddresses = Set.copyOf(probedFrom.keySet());
    }
  }

  /** Sets or (null) removes an identity; its peers shake hands anew. */
  void setIdentity(String name, @Nullable PrivateKey key) {
    if (!identities.set(name, key)) {
      return;
    }
    var own = identities.get(name);
    if (own != null) {
      removePeer(own.publicKey());
    }
    for (var peer : peers.values()) {
      if (peer.identityName.equals(name)) {
        bind(peer, name);
      }
    }
  }

  /** Removes the identities that are not named. */
  void retainIdentities(Set<String> names) {
    for (var name : List.copyOf(identities.privateKeys().keySet())) {
      if (!names.contains(name)) {
        setIdentity(name, null);
      }
    }
  }

  /** False if a peer more would be one too many. */
  boolean hasRoomFor(PeerChange change) {
    return peers.size() < MAX_PEERS || change.updateOnly() || peers.containsKey(change.publicKey());
  }

  void changePeer(PeerChange change) {
    var peer = peers.get(change.publicKey());
    if (identities.isOwn(change.publicKey()) || peer == null && change.updateOnly()) {
      return;
    }
    if (peer == null) {
      peer = add(change.publicKey(), DeviceSettings.DEFAULT_IDENTITY);
    }
    boolean keptAlive = keptAlive(peer);
    if (change.presharedKey() != null) {
      setPresharedKey(peer, change.presharedKey());
    }
    if (change.endpoint() != null) {
      setEndpoint(peer, change.endpoint());
    }
    for (var step : change.allowedIps()) {
      switch (step) {
        case PeerChange.AllowedIpChange.Add(var prefix) -> allow(peer, prefix);
        case PeerChange.AllowedIpChange.Remove(var prefix) -> {
          if (peer.allowedIps.contains(prefix)) {
            disallow(prefix);
          }
        }
        case PeerChange.AllowedIpChange.RemoveAll() ->
            List.copyOf(peer.allowedIps).forEach(this::disallow);
      }
    }
    if (change.persistentKeepaliveSeconds() != null) {
      setKeepalive(peer, change.persistentKeepaliveSeconds());
    }
    goOn(peer, keptAlive);
  }

  void setPeer(PeerSettings settings) {
    if (identities.isOwn(settings.publicKey())) {
      return;
    }
    var peer = peers.get(settings.publicKey());
    if (peer == null) {
      peer = add(settings.publicKey(), settings.identity());
    }
    setFormerIdentity(peer, settings.formerIdentity());
    if (!peer.identityName.equals(settings.identity())) {
      bind(peer, settings.identity());
    }
    boolean keptAlive = keptAlive(peer);
    setPresharedKey(peer, settings.presharedKey());
    successions.set(peer, settings.formerKey());
    hintEndpoint(peer, settings.endpointHint());
    for (var prefix : List.copyOf(peer.allowedIps)) {
      if (!settings.allowedIps().contains(prefix)) {
        disallow(prefix);
      }
    }
    for (var prefix : settings.allowedIps()) {
      allow(peer, prefix);
    }
    setAlternateIps(peer, settings.alternateIps());
    setProbe(peer, settings.probe());
    setKeepalive(peer, settings.persistentKeepaliveSeconds());
    goOn(peer, keptAlive);
  }

  /** Makes the peers be those of the settings. */
  void setPeers(List<PeerSettings> settings) {
    var wanted = settings.stream().map(PeerSettings::publicKey).collect(Collectors.toSet());
    for (var key : new ArrayList<>(peers.keySet())) {
      if (!wanted.contains(key)) {
        removePeer(key);
      }
    }
    settings.forEach(this::setPeer);
  }

  void removePeer(PublicKey key) {
    var peer = peers.remove(key);
    if (peer == null) {
      return;
    }
    peer.removed = true;
    changed(peer);
    List.copyOf(peer.allowedIps).forEach(this::disallow);
    setAlternateIps(peer, Set.of());
    setProbe(peer, null);
    successions.removed(peer);
    peer.forgetStaticStatic();
    shared.counters.drop(DropReason.STOPPED, peer.staged.close());
    peer.cookies.wipe();
    setPresharedKey(peer, null);
    setFormerIdentity(peer, null);
    stop(peer);
  }

  /** The wish is served now, or else when the link opens. */
  void initiate(PublicKey key) {
    var peer = peers.get(key);
    if (peer != null && peer.endpoint != null) {
      peer.renewalWanted.set(true);
      loop.attend(peer, shared.clock.nanos());
    }
  }

  /** Ends all that goes on with a peer, as when the interface goes down. */
  void stop(Peer peer) {
    sessions.endPending(peer);
    sessions.dropSessions(peer);
    shared.counters.drop(DropReason.STOPPED, peer.staged.drain().size());
    PeerTimers.forget(peer);
    schedule.remove(peer);
  }

  /** Begins what must go on with a peer while the interface is up. */
  void start(Peer peer) {
    long now = shared.clock.nanos();
    peer.lastHandshakeSentNanos = Traffic.NEVER;
    if (keptAlive(peer)) {
      timers.keepalive(peer, now);
    }
    loop.attend(peer, now);
  }

  private Peer add(PublicKey key, String identity) {
    var peer = new Peer(key, nextNumber++, identity, shared.stagingRoom);
    timers.drawJitter(peer);
    peers.put(key, peer);
    successions.added(peer);
    changed(peer);
    bind(peer, identity);
    return peer;
  }

  /** Binds a peer to the key that an identity has now; sessions under another key end. */
  private void bind(Peer peer, String identityName) {
    var before = peer.identity;
    var identity = identities.get(identityName);
    peer.identityName = identityName;
    changed(peer);
    peer.identity = identity;
    peer.forgetStaticStatic();
    if (before != null && identity != null && before.publicKey().equals(identity.publicKey())) {
      return; // another name for the same key
    }
    sessions.endPending(peer);
    peer.lastHandshakeSentNanos = Traffic.NEVER;
    long now = shared.clock.nanos();
    var former = peer.formerIdentity;
    if (former != null && before != null && former.isOf(before)) {
      sessions.makeLastResorts(peer);
      if (ControlSender.canSend(peer, now)) {
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
    changed(peer);
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

  private void setEndpoint(Peer peer, UdpEndpoint endpoint) {
    UdpEndpoint known = peer.endpoint;
    peer.endpoint = endpoint; // also the same one: where answers left from is forgotten
    if (known == null || !known.sameRemote(endpoint)) {
      shared.counters.endpointChange(EndpointSource.CONFIGURATION);
      if (!peer.staged.isEmpty()) {
        peer.packetStaged.set(true); // what waits need not wait for a repetition
      }
    }
  }

  /** A hint counts once, and never against where a fresh handshake came from. */
  private void hintEndpoint(Peer peer, @Nullable UdpEndpoint hint) {
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
      changed(peer);
    }
  }

  /** Where probes to any peer come from, there we answer those to us. */
  private void setProbe(Peer peer, @Nullable Probe probe) {
    var known = peer.probes.probe();
    if (Objects.equals(known, probe)) {
      return;
    }
    peer.probes.set(probe);
    if (probe != null) {
      probedFrom.merge(probe.from(), 1, Integer::sum);
    }
    if (known != null) {
      probedFrom.computeIfPresent(known.from(), (_, peers) -> peers == 1 ? null : peers - 1);
    }
  }

  /** Makes the peer the home of a prefix, whoever was it before. */
  private void allow(Peer peer, IpPrefix prefix) {
    if (peer.allowedIps.contains(prefix)) {
      return;
    }
    var before = routes.get(prefix);
    var oldHome = before == null ? null : before.home();
    if (oldHome != null) {
      oldHome.allowedIps.remove(prefix);
      changed(oldHome);
    }
    peer.allowedIps.add(prefix);
    changed(peer);
    route(prefix, peer, before == null ? List.of() : before.alternates(), before);
  }

  /** Takes a prefix from its home. */
  private void disallow(IpPrefix prefix) {
    var before = routes.get(prefix);
    var home = before == null ? null : before.home();
    if (before != null && home != null) {
      home.allowedIps.remove(prefix);
      changed(home);
      route(prefix, null, before.alternates(), before);
    }
  }

  private void setAlternateIps(Peer peer, Set<IpPrefix> wanted) {
    for (var prefix : List.copyOf(peer.alternateIps)) {
      var before = routes.get(prefix);
      if (!wanted.contains(prefix) && before != null) {
        peer.alternateIps.remove(prefix);
        var others = before.alternates().stream().filter(other -> other != peer).toList();
        route(prefix, before.home(), others, before);
      }
    }
    for (var prefix : wanted) {
      if (peer.alternateIps.add(prefix)) {
        var before = routes.get(prefix);
        var all = new ArrayList<Peer>(before == null ? List.of() : before.alternates());
        all.add(peer);
        route(prefix, before == null ? null : before.home(), all, before);
      }
    }
  }

  private void route(
      IpPrefix prefix, @Nullable Peer home, List<Peer> alternates, @Nullable NextHop before) {
    var hop = NextHop.of(home, alternates, before);
    routes = hop == null ? routes.without(prefix) : routes.with(prefix, hop);
  }
}
