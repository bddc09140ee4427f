package dev.wiremesh.wireguard.engine;

import static java.util.Objects.requireNonNull;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.crypto.JdkCipherBackend;
import dev.wiremesh.wireguard.device.DeviceEvent;
import dev.wiremesh.wireguard.device.DeviceEvent.HandshakeCompleted;
import dev.wiremesh.wireguard.device.DropReason;
import dev.wiremesh.wireguard.device.HandshakeOutcome;
import dev.wiremesh.wireguard.device.PeerSnapshot;
import dev.wiremesh.wireguard.device.PeerUpdate;
import dev.wiremesh.wireguard.io.BindFactory;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.io.memory.Datagram;
import dev.wiremesh.wireguard.io.memory.MemoryTun;
import dev.wiremesh.wireguard.noise.Curve25519;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A host of the {@link World}: a device, its TUN, its key, and the events of its device. */
final class MemoryHost {
  static final int PORT = 51820;

  final String name;
  final IpAddress address;
  final MemoryTun tun;
  final UserSpaceDevice device;
  final PrivateKey key;
  final List<HandshakeCompleted> completed = new ArrayList<>();
  final List<Duration> probed = new ArrayList<>();
  private final List<byte[]> drawnKeys;
  private final World world;
  private int port = PORT;

  MemoryHost(
      World world,
      String name,
      IpAddress address,
      BindFactory binds,
      ProtocolLimits limits,
      long seed) {
    this.world = world;
    this.name = name;
    this.address = address;
    this.tun = new MemoryTun(name);
    var random = new KeyedRandom(seed);
    drawnKeys = random.keys;
    var keyBytes = new byte[32];
    random.nextBytes(keyBytes);
    drawnKeys.clear();
    this.key = PrivateKey.of(keyBytes);
    this.device =
        new UserSpaceDevice(
            new DeviceParts(
                tun,
                binds,
                new JdkCipherBackend(),
                new DeviceClocks(world::nanos, world::wall),
                random,
                this::onEvent,
                () -> {}),
            limits);
    listenOn(PORT);
    device.setPrivateKey(key);
  }

  /** The very arrays that the device drew random keys into. */
  List<byte[]> drawnKeys() {
    return drawnKeys;
  }

  PublicKey publicKey() {
    return key.publicKey();
  }

  UdpEndpoint endpoint() {
    return UdpEndpoint.of(address, device.snapshot().listenPort());
  }

  void listenOn(int newPort) {
    port = newPort;
    try {
      device.setListenPort(newPort);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A change that makes {@code other} a peer with these allowed IPs, without an endpoint. */
  PeerUpdate.Builder peer(MemoryHost other, String... allowedIps) {
    var change = PeerUpdate.of(other.publicKey());
    for (var prefix : allowedIps) {
      change.allow(IpPrefix.parse(prefix));
    }
    return change;
  }

  /** Makes the two peers of each other; only this one knows where the other is. */
  void connectTo(MemoryHost other, String ownAddress, String otherAddress) {
    device.changePeer(peer(other, otherAddress).endpoint(other.endpoint()).build());
    other.device.changePeer(other.peer(this, ownAddress).build());
  }

  PeerSnapshot peerSnapshot(MemoryHost other) {
    return device.snapshot().peers().stream()
        .filter(peer -> peer.publicKey().equals(other.publicKey()))
        .findFirst()
        .orElseThrow();
  }

  long dropped(DropReason reason) {
    return device.counters().drops().getOrDefault(reason, 0L);
  }

  long handshakes(HandshakeOutcome outcome) {
    return device.counters().handshakes().getOrDefault(outcome, 0L);
  }

  /** One duty cycle of the sending thread; other threads may be within theirs. */
  void send() {
    try {
      device.outbound().doWork();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One duty cycle of the receiving thread; other threads may be within theirs. */
  void receive() {
    try {
      device.inbound().doWork(requireNonNull(device.bind()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  boolean step() {
    if (!tun.hasPackets()
        && device.controlIdleNanos() > 0
        && !world.network.hasArrived(new Datagram.Address(address, port))) {
      return false;
    }
    try {
      boolean moved = device.outbound().doWork() > 0;
      var socket = device.bind();
      if (socket != null) {
        moved |= device.inbound().doWork(socket) > 0;
      }
      return moved | device.controlWork() > 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  long nextNanos() {
    long idle = device.controlIdleNanos();
    return idle == Long.MAX_VALUE ? idle : world.nanos() + idle;
  }

  private void onEvent(DeviceEvent event) {
    switch (event) {
      case HandshakeCompleted handshake -> completed.add(handshake);
      case DeviceEvent.ProbeAnswered(var _, var roundTrip) -> probed.add(roundTrip);
      case DeviceEvent.InterfaceGone() -> {}
    }
  }

  @Override
  public String toString() {
    return name;
  }

  /** Remembers what the last keys were drawn into. */
  private static final class KeyedRandom extends Random {
    private static final long serialVersionUID = 1L;
    private static final int REMEMBERED = 100;
    private final transient List<byte[]> keys = new ArrayList<>();

    KeyedRandom(long seed) {
      super(seed);
    }

    @Override
    public void nextBytes(byte[] bytes) {
      super.nextBytes(bytes);
      if (bytes.length == Curve25519.KEY_LENGTH) {
        keys.add(bytes);
        if (keys.size() > REMEMBERED) {
          keys.removeFirst();
        }
      }
    }
  }
}
