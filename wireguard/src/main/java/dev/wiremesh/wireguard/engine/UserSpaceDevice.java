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
import dev.wiremesh.wireguard.control.SessionIndexes;
import dev.wiremesh.wireguard.control.SessionReclaimer;
import dev.wiremesh.wireguard.control.TimerQueue;
import dev.wiremesh.wireguard.datapath.InboundPath;
import dev.wiremesh.wireguard.datapath.OutboundPath;
import dev.wiremesh.wireguard.device.DeviceConfig;
import dev.wiremesh.wireguard.device.DeviceCounters;
import dev.wiremesh.wireguard.device.DeviceEvent;
import dev.wiremesh.wireguard.device.DeviceSnapshot;
import dev.wiremesh.wireguard.device.EchoReply;
import dev.wiremesh.wireguard.device.EchoRequest;
import dev.wiremesh.wireguard.device.PagedSnapshot;
import dev.wiremesh.wireguard.device.PeerConfig;
import dev.wiremesh.wireguard.device.PeerUpdate;
import dev.wiremesh.wireguard.device.WireGuardDevice;
import dev.wiremesh.wireguard.io.Bind;
import dev.wiremesh.wireguard.io.TunEvent;
import dev.wiremesh.wireguard.peer.BoundSocket;
import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.SnapshotReaders;
import dev.wiremesh.wireguard.peer.TrafficCounter;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The user-space WireGuard device: wires its parts, owns the control lock, and applies each call as
 * one change under it.
 */
public final class UserSpaceDevice implements WireGuardDevice {
  private static final Logger log = LoggerFactory.getLogger(UserSpaceDevice.class);

  private static final long REOPEN_NANOS = Duration.ofSeconds(1).toNanos();

  private final ControlLock controlLock = new ControlLock();
  private final DeviceParts parts;
  private final DeviceState state;
  private final PeerTable peers;
  private final SessionReclaimer reclaimer;
  private final SessionIndexes indexes;
  private final ControlSender sender;
  private final LocalIdentities identities;
  private final TimerQueue timerQueue = new TimerQueue();
  private final ControlDutyCycle dutyCycle;
  private final DeviceConfigurator configurator;
  private final DeviceSnapshots snapshots;
  private final OutboundPath outbound;
  private final InboundPath inbound;
  private final DeviceThreads threads;
  private boolean interfaceUp;
  private boolean closed;

  /** Next attempt to open the UDP socket of an interface that is up. */
  private long reopenAtNanos = TrafficCounter.NEVER;

  UserSpaceDevice(DeviceParts parts, ProtocolLimits limits) {
    this.parts = parts;
    var random = parts.random();
    state =
        new DeviceState(
            parts.clocks().monotonic(),
            new BoundSocket(parts.sockets()),
            parts.tun().mtu(),
            random.nextLong());
    reclaimer = new SessionReclaimer(state);
    indexes = new SessionIndexes(state, random, reclaimer);
    peers = new PeerTable(indexes, state.stagingBudget);

    sender = new ControlSender(state, parts.cipher());
    var snapshotReaders = new SnapshotReaders();
    identities = new LocalIdentities(random, snapshotReaders);
    snapshots =
        new DeviceSnapshots(controlLock, parts.tun(), state, peers, identities, snapshotReaders);
    var events = new HandshakeEvents(state, parts.events(), parts.clocks().wall(), limits);
    var initiator =
        new HandshakeInitiator(
            state, indexes, sender, events, parts.clocks().wall(), random, limits);
    var confirmation = new KeyConfirmation(indexes, events, sender);
    var responder =
        new HandshakeResponder(peers, state, indexes, confirmation, sender, events, random, limits);
    var receiver = new HandshakeReceiver(state, identities, sender, initiator, responder);
    var timers = new PeerTimers(initiator, confirmation, events, sender, random, limits);
    dutyCycle = new ControlDutyCycle(state, receiver, timers, reclaimer, timerQueue);
    configurator =
        new DeviceConfigurator(
            peers,
            identities,
            state,
            indexes,
            dutyCycle,
            timerQueue,
            timers,
            limits,
            snapshotReaders);
    outbound = new OutboundPath(parts.tun(), state, parts.cipher());
    inbound = new InboundPath(parts.tun(), state, parts.cipher());
    threads = new DeviceThreads(this, parts.tun(), state, parts.lowerPriority());
    parts.tun().onEvent(this::onTunEvent);
  }

  /** A device with the standard limits, to be configured and then started. */
  public static WireGuardDevice create(DeviceParts parts) {
    return new UserSpaceDevice(parts, ProtocolLimits.STANDARD);
  }

  OutboundPath outbound() {
    return outbound;
  }

  InboundPath inbound() {
    return inbound;
  }

  @Nullable Bind bind() {
    return state.socket.bind();
  }

  /** Runs one cycle of the control thread. */
  public int controlWork() {
    try (var _ = controlLock.acquireLast()) {
      reopenSocket();
      return dutyCycle.doWork();
    }
  }

  /** Time that the control thread may sleep. */
  long controlIdleNanos() {
    try (var _ = controlLock.acquireLast()) {
      long idle = dutyCycle.idleNanos();
      return socketIsMissing() ? Math.clamp(reopenAtNanos - state.clock.nanos(), 0, idle) : idle;
    }
  }

  @Override
  public void setPrivateKey(@Nullable PrivateKey key) {
    change(() -> configurator.setIdentity(DeviceConfig.DEFAULT_IDENTITY, key));
  }

  @Override
  public void setIdentity(String name, PrivateKey key) {
    change(() -> configurator.setIdentity(name, key));
  }

  @Override
  public void setListenPort(int port) throws IOException {
    try (var _ = controlLock.acquire()) {
      boolean moved = port != state.socket.port();
      state.socket.setPort(port);
      openSocket();
      if (moved) {
        forgetSources();
      }
    }
    threads.wake();
  }

  @Override
  public void setMark(int mark) throws IOException {
    try (var _ = controlLock.acquire()) {
      boolean changed = mark != state.socket.mark();
      state.socket.setMark(mark);
      if (changed) {
        forgetSources();
      }
    }
  }

  /** Resets source addresses after a change that may affect routing, as in the kernel. */
  private void forgetSources() {
    peers.all().forEach(peer -> peer.path.forgetSource());
  }

  @Override
  public PeerUpdate.Result changePeer(PeerUpdate change) {
    try (var _ = controlLock.acquire()) {
      var result = configurator.changePeer(change);
      configurator.publish();
      return result;
    } finally {
      state.wakeQueue.wake();
    }
  }

  @Override
  public void setPeer(PeerConfig config) {
    change(() -> configurator.setPeer(config));
  }

  @Override
  public void removePeer(PublicKey peer) {
    change(() -> configurator.removePeer(peer));
  }

  @Override
  public void initiate(PublicKey peer) {
    change(() -> configurator.initiate(peer));
  }

  @Override
  public void echo(List<EchoRequest> requests) {
    try (var _ = controlLock.acquire()) {
      long now = state.clock.nanos();
      for (var request : requests) {
        var route = state.routes.match(request.to());
        if (route != null) {
          sender.echo(route.current(now), request, now);
        }
      }
    }
    state.wakeQueue.wake();
  }

  @Override
  public List<EchoReply> echoReplies() {
    return state.echoReplies.take();
  }

  @Override
  public void removeAllPeers() {
    change(() -> configurator.setPeers(List.of()));
  }

  @Override
  public void apply(DeviceConfig config) throws IOException {
    change(() -> {
      configurator.retainIdentities(config.identities().keySet());
      config.identities().forEach(configurator::setIdentity);
      configurator.setPeers(config.peers());
    });
    setMark(config.mark());
    setListenPort(config.listenPort());
  }

  @Override
  public DeviceSnapshot snapshot() {
    return snapshots.whole();
  }

  @Override
  public PagedSnapshot snapshotInParts(int peersInEach) {
    return snapshots.inParts(peersInEach);
  }

  /** Objects that the device holds beside its configuration, for leak tests. */
  record Holdings(
      int sessions,
      int pendingHandshakes,
      int sessionsAwaitingReclaim,
      int timers,
      long stagedBytes) {}

  public Holdings holdings() {
    try (var _ = controlLock.acquire()) {
      return new Holdings(
          state.sessions.size(),
          indexes.pendingCount(),
          reclaimer.size(),
          timerQueue.size(),
          state.stagingBudget.takenBytes());
    }
  }

  @Override
  public DeviceCounters counters() {
    return state.counters.read();
  }

  @Override
  public void start() {
    threads.start();
  }

  private void change(Runnable change) {
    try (var _ = controlLock.acquire()) {
      change.run();
      configurator.publish();
    }
    state.wakeQueue.wake();
  }

  private void onTunEvent(TunEvent event) {
    try (var _ = controlLock.acquire()) {
      switch (event) {
        case TunEvent.Up() -> up();
        case TunEvent.Down() -> down();
        case TunEvent.MtuChanged(int mtu) -> state.mtu = mtu;
        case TunEvent.Closed() -> parts.events().accept(new DeviceEvent.InterfaceGone());
      }
    }
    threads.wake();
  }

  private void up() {
    interfaceUp = true;
    try {
      openSocket();
    } catch (IOException e) {
      reopenAtNanos = state.clock.nanos() + REOPEN_NANOS;
      log.atError()
          .addKeyValue("interface", parts.tun().name())
          .addKeyValue("cause", e.getMessage())
          .log("Cannot open the UDP socket of an interface that is up; retrying every second");
    }
  }

  private boolean socketIsMissing() {
    return interfaceUp && !closed && !state.socket.isOpen();
  }

  /** Retries to open the socket: there is no notification when a port becomes free. */
  private void reopenSocket() {
    if (!socketIsMissing() || state.clock.nanos() < reopenAtNanos) {
      return;
    }
    try {
      openSocket();
      threads.wake();
      log.atInfo()
          .addKeyValue("interface", parts.tun().name())
          .addKeyValue("port", state.socket.port())
          .log("UDP socket opened");
    } catch (IOException e) {
      reopenAtNanos = state.clock.nanos() + REOPEN_NANOS;
    }
  }

  private void openSocket() throws IOException {
    if (socketIsMissing()) {
      state.socket.open();
      peers.all().forEach(configurator::start);
    }
  }

  private void down() {
    interfaceUp = false;
    state.socket.close();
    peers.all().forEach(configurator::stop);
  }

  @Override
  public void close() {
    try (var _ = controlLock.acquire()) {
      if (closed) {
        return;
      }
      closed = true;
      configurator.setPeers(List.of());
      configurator.publish();
      state.socket.close();
    }
    parts.tun().close();
    if (!threads.stop()) {
      return; // a running thread may still use the memory
    }
    try (var _ = controlLock.acquire()) {
      configurator.retainIdentities(Set.of());
      reclaimer.reclaim();
      sender.close();
      outbound.close();
      inbound.close();
    }
  }
}
