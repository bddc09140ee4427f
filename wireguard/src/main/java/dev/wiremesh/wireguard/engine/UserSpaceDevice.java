package dev.wiremesh.wireguard.engine;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.control.ControlDutyCycle;
import dev.wiremesh.wireguard.control.ControlLock;
import dev.wiremesh.wireguard.control.ControlSender;
import dev.wiremesh.wireguard.control.DeviceConfigurator;
import dev.wiremesh.wireguard.control.HandshakeEvents;
import dev.wiremesh.wireguard.control.HandshakeInitiator;
import dev.wiremesh.wireguard.control.HandshakeReceiver;
import dev.wiremesh.wireguard.control.HandshakeResponder;
import dev.wiremesh.wireguard.control.KeyConfirmation;
import dev.wiremesh.wireguard.control.LocalIdentities;
import dev.wiremesh.wireguard.control.PeerTable;
import dev.wiremesh.wireguard.control.PeerTimers;
import dev.wiremesh.wireguard.control.SessionKeeper;
import dev.wiremesh.wireguard.control.TimerQueue;
import dev.wiremesh.wireguard.datapath.InboundPath;
import dev.wiremesh.wireguard.datapath.OutboundPath;
import dev.wiremesh.wireguard.device.DeviceConfig;
import dev.wiremesh.wireguard.device.DeviceCounters;
import dev.wiremesh.wireguard.device.DeviceEvent;
import dev.wiremesh.wireguard.device.DeviceSnapshot;
import dev.wiremesh.wireguard.device.PagedSnapshot;
import dev.wiremesh.wireguard.device.PeerConfig;
import dev.wiremesh.wireguard.device.PeerSnapshot;
import dev.wiremesh.wireguard.device.PeerUpdate;
import dev.wiremesh.wireguard.device.WireGuardDevice;
import dev.wiremesh.wireguard.io.Bind;
import dev.wiremesh.wireguard.io.TunEvent;
import dev.wiremesh.wireguard.peer.BoundSocket;
import dev.wiremesh.wireguard.peer.ConfiguredPeer;
import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.peer.SnapshotReaders;
import dev.wiremesh.wireguard.peer.TrafficCounter;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device itself: makes the parts, holds the control lock, and turns each call into one change
 * under it.
 */
public final class UserSpaceDevice implements WireGuardDevice {
  private static final Logger log = LoggerFactory.getLogger(UserSpaceDevice.class);

  private static final long REOPEN_NANOS = Duration.ofSeconds(1).toNanos();

  private final ControlLock controlLock = new ControlLock();
  private final DeviceParts parts;
  private final DeviceState shared;
  private final PeerTable peers;
  private final SessionKeeper sessions;
  private final ControlSender sender;
  private final LocalIdentities identities;
  private final TimerQueue schedule = new TimerQueue();
  private final ControlDutyCycle loop;
  private final DeviceConfigurator configuration;
  private final SnapshotReaders readings = new SnapshotReaders();
  private final OutboundPath outbound;
  private final InboundPath inbound;
  private final DeviceThreads threads;
  private boolean interfaceUp;
  private boolean closed;

  /** When opening the UDP socket of an interface that is up is tried again, if it failed. */
  private long reopenAtNanos = TrafficCounter.NEVER;

  UserSpaceDevice(DeviceParts parts, ProtocolLimits limits) {
    this.parts = parts;
    var random = parts.random();
    shared =
        new DeviceState(
            parts.monotonic(),
            new BoundSocket(parts.sockets()),
            parts.tun().mtu(),
            random.nextLong());
    peers = new PeerTable(shared.stagingRoom);
    sessions = new SessionKeeper(shared, random);
    sender = new ControlSender(shared, parts.cipher());
    identities = new LocalIdentities(random, readings);
    var book = new HandshakeEvents(shared, parts.events(), parts.wall(), limits);
    var initiator =
        new HandshakeInitiator(shared, sessions, sender, book, parts.wall(), random, limits);
    var confirmation = new KeyConfirmation(sessions, book, sender);
    var responder =
        new HandshakeResponder(peers, shared, sessions, confirmation, sender, book, random, limits);
    var desk = new HandshakeReceiver(shared, identities, sender, initiator, responder);
    var timers = new PeerTimers(initiator, confirmation, book, sessions, sender, random, limits);
    loop = new ControlDutyCycle(shared, desk, timers, sessions, schedule);
    configuration =
        new DeviceConfigurator(
            peers, identities, shared, sessions, loop, schedule, timers, limits, readings);
    outbound = new OutboundPath(parts.tun(), shared, parts.cipher());
    inbound = new InboundPath(parts.tun(), shared, parts.cipher());
    threads = new DeviceThreads(this, parts.tun(), shared, parts.giveWay());
    parts.tun().onEvent(this::onTunEvent);
  }

  /** A device with the protocol's standard limits; it is configured next, and then started. */
  public static WireGuardDevice create(DeviceParts parts) {
    return new UserSpaceDevice(parts, ProtocolLimits.STANDARD);
  }

  OutboundPath outbound() {
    return outbound;
  }

  InboundPath inbound() {
    return inbound;
  }

  @Nullable Bind socket() {
    return shared.link.socket();
  }

  /** One cycle of the control thread. */
  public int controlWork() {
    try (var _ = controlLock.takeAfterAll()) {
      reopenLink();
      return loop.doWork();
    }
  }

  /** How long the control thread may sleep. */
  long controlIdleNanos() {
    try (var _ = controlLock.takeAfterAll()) {
      long idle = loop.idleNanos();
      return linkIsMissing() ? Math.clamp(reopenAtNanos - shared.clock.nanos(), 0, idle) : idle;
    }
  }

  @Override
  public void setPrivateKey(@Nullable PrivateKey key) {
    change(() -> configuration.setIdentity(DeviceConfig.DEFAULT_IDENTITY, key));
  }

  @Override
  public void setIdentity(String name, PrivateKey key) {
    change(() -> configuration.setIdentity(name, key));
  }

  @Override
  public void setListenPort(int port) throws IOException {
    try (var _ = controlLock.take()) {
      boolean moved = port != shared.link.port();
      shared.link.setPort(port);
      openLink();
      if (moved) {
        forgetSources();
      }
    }
    threads.wake();
  }

  @Override
  public void setMark(int mark) throws IOException {
    try (var _ = controlLock.take()) {
      boolean changed = mark != shared.link.mark();
      shared.link.setMark(mark);
      if (changed) {
        forgetSources();
      }
    }
  }

  /** The way may be another one now: as in the kernel, the routes choose the source anew. */
  private void forgetSources() {
    peers.all().forEach(Peer::forgetSource);
  }

  @Override
  public PeerUpdate.Result changePeer(PeerUpdate change) {
    try (var _ = controlLock.take()) {
      var result = configuration.changePeer(change);
      configuration.publish();
      return result;
    } finally {
      shared.attention.wake();
    }
  }

  @Override
  public void setPeer(PeerConfig settings) {
    change(() -> configuration.setPeer(settings));
  }

  @Override
  public void removePeer(PublicKey peer) {
    change(() -> configuration.removePeer(peer));
  }

  @Override
  public void initiate(PublicKey peer) {
    change(() -> configuration.initiate(peer));
  }

  @Override
  public void removeAllPeers() {
    change(() -> configuration.setPeers(List.of()));
  }

  @Override
  public void apply(DeviceConfig settings) throws IOException {
    change(() -> {
      configuration.retainIdentities(settings.identities().keySet());
      settings.identities().forEach(configuration::setIdentity);
      configuration.setPeers(settings.peers());
    });
    setMark(settings.mark());
    setListenPort(settings.listenPort());
  }

  @Override
  public DeviceSnapshot snapshot() {
    try (var _ = controlLock.take()) {
      return snapshotOf(peers.inForce());
    }
  }

  @Override
  public PagedSnapshot snapshotInParts(int peersInEach) {
    try (var _ = controlLock.take()) {
      return new Reading(peersInEach);
    }
  }

  private DeviceSnapshot snapshotOf(List<ConfiguredPeer> peers) {
    return new DeviceSnapshot(
        parts.tun().name(),
        shared.link.isOpen(),
        identities.privateKeys(),
        shared.link.port(),
        shared.link.mark(),
        snapshotsOf(peers));
  }

  /** Keeps references to what all readers share, and makes of them what is asked for. */
  private final class Reading implements PagedSnapshot {
    private final int peersInEach;
    private final DeviceSnapshot device;
    private final List<ConfiguredPeer> configured;
    private final long number;
    private int at;
    private boolean begun;

    /** Under the control lock. */
    Reading(int peersInEach) {
      this.peersInEach = peersInEach;
      device = snapshotOf(List.of());
      configured = peers.inForce();
      number = readings.begin();
    }

    @Override
    public boolean hasNext() {
      return !begun || at < configured.size();
    }

    @Override
    public DeviceSnapshot next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      begun = true;
      var part = configured.subList(at, Math.min(at + peersInEach, configured.size()));
      at += part.size();
      try (var _ = controlLock.take()) {
        return device.withPeers(snapshotsOf(part));
      }
    }

    @Override
    public void close() {
      try (var _ = controlLock.take()) {
        readings.end(number);
      }
    }
  }

  private static List<PeerSnapshot> snapshotsOf(List<ConfiguredPeer> peers) {
    return peers.stream().map(UserSpaceDevice::snapshotOf).toList();
  }

  private static PeerSnapshot snapshotOf(ConfiguredPeer configured) {
    var peer = configured.peer();
    return new PeerSnapshot(
        peer.publicKey,
        configured.configuration(),
        new PeerSnapshot.Connection(peer.endpoint, peer.lastHandshake),
        new PeerSnapshot.Traffic(
            new PeerSnapshot.Volume(
                peer.receivedData.bytes() + peer.receivedByControl.bytes(), peer.receivedPackets()),
            new PeerSnapshot.Volume(peer.sentBytes(), peer.sentPackets()),
            peer.arrivals.lost(),
            peer.arrivals.reordered()),
        new PeerSnapshot.RoundTrip(
            peer.handshakeRtt, peer.roundTrips.smoothed(), peer.roundTrips.jitter()));
  }

  /** What the device holds at this moment beside its configuration. */
  record Holdings(
      int sessions, int pendingHandshakes, int retiredSessions, int timers, long stagedBytes) {}

  public Holdings holdings() {
    try (var _ = controlLock.take()) {
      return new Holdings(
          shared.sessions.size(),
          sessions.pendingCount(),
          sessions.retiredCount(),
          schedule.size(),
          shared.stagingRoom.takenBytes());
    }
  }

  @Override
  public DeviceCounters counters() {
    return shared.counters.read();
  }

  @Override
  public void start() {
    threads.start();
  }

  private void change(Runnable change) {
    try (var _ = controlLock.take()) {
      change.run();
      configuration.publish();
    }
    shared.attention.wake();
  }

  private void onTunEvent(TunEvent event) {
    try (var _ = controlLock.take()) {
      switch (event) {
        case TunEvent.Up() -> up();
        case TunEvent.Down() -> down();
        case TunEvent.MtuChanged(int mtu) -> shared.mtu = mtu;
        case TunEvent.Closed() -> parts.events().accept(new DeviceEvent.InterfaceGone());
      }
    }
    threads.wake();
  }

  private void up() {
    interfaceUp = true;
    try {
      openLink();
    } catch (IOException e) {
      reopenAtNanos = shared.clock.nanos() + REOPEN_NANOS;
      log.atError()
          .addKeyValue("interface", parts.tun().name())
          .addKeyValue("cause", e.getMessage())
          .log(
              "The interface is up, but its UDP socket cannot be opened; it is tried every second");
    }
  }

  private boolean linkIsMissing() {
    return interfaceUp && !closed && !shared.link.isOpen();
  }

  /** Whoever had the port may be gone by now; nobody would tell us. */
  private void reopenLink() {
    if (!linkIsMissing() || shared.clock.nanos() < reopenAtNanos) {
      return;
    }
    try {
      openLink();
      threads.wake();
      log.atInfo()
          .addKeyValue("interface", parts.tun().name())
          .addKeyValue("port", shared.link.port())
          .log("The UDP socket is open now");
    } catch (IOException e) {
      reopenAtNanos = shared.clock.nanos() + REOPEN_NANOS;
    }
  }

  private void openLink() throws IOException {
    if (linkIsMissing()) {
      shared.link.open();
      peers.all().forEach(configuration::start);
    }
  }

  private void down() {
    interfaceUp = false;
    shared.link.close();
    peers.all().forEach(configuration::stop);
  }

  @Override
  public void close() {
    try (var _ = controlLock.take()) {
      if (closed) {
        return;
      }
      closed = true;
      configuration.setPeers(List.of());
      configuration.publish();
      shared.link.close();
    }
    parts.tun().close();
    if (!threads.stop()) {
      return; // their memory must not be freed under them
    }
    try (var _ = controlLock.take()) {
      configuration.retainIdentities(Set.of());
      sessions.wipeRetired();
      sender.close();
      outbound.close();
      inbound.close();
    }
  }
}
