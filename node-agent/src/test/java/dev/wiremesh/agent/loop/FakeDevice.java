package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.device.MeshDevice;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.device.BatchSizes;
import dev.wiremesh.wireguard.device.DeviceConfig;
import dev.wiremesh.wireguard.device.DeviceCounters;
import dev.wiremesh.wireguard.device.DeviceEvent;
import dev.wiremesh.wireguard.device.DeviceSnapshot;
import dev.wiremesh.wireguard.device.EchoReply;
import dev.wiremesh.wireguard.device.EchoRequest;
import dev.wiremesh.wireguard.device.PeerConfig;
import dev.wiremesh.wireguard.device.PeerSnapshot;
import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.offload.Offloads;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A device in memory; each call is a line in {@link FakeWorld#calls}. */
final class FakeDevice implements MeshDevice {
  final Map<PublicKey, PeerConfig> peers = new HashMap<>();
  final Map<PublicKey, Instant> handshakes = new HashMap<>();

  /** Where peers were heard from; the others are where they were configured to be. */
  final Map<PublicKey, Endpoint> endpoints = new HashMap<>();

  final List<EchoRequest> echoed = new ArrayList<>();

  /** Addresses that answer echo requests. */
  final Set<IpAddress> answering = new HashSet<>();

  private final List<EchoReply> replies = new ArrayList<>();
  final Consumer<DeviceEvent> events;
  private final FakeWorld world;
  private final String name;
  @Nullable DeviceConfig settings;

  FakeDevice(FakeWorld world, String name, Consumer<DeviceEvent> events) {
    this.world = world;
    this.name = name;
    this.events = events;
  }

  @Override
  public void apply(DeviceConfig wanted) throws IOException {
    world.calls.add("apply " + name);
    var refusal = world.deviceRefuses;
    if (refusal != null) {
      throw refusal;
    }
    settings = wanted;
    peers.clear();
    wanted.peers().forEach(peer -> peers.put(peer.publicKey(), peer));
  }

  @Override
  public void setPeer(PeerConfig peer) {
    world.calls.add("set peer " + peer.publicKey());
    peers.put(peer.publicKey(), peer);
  }

  @Override
  public void removePeer(PublicKey peer) {
    world.calls.add("remove peer " + peer);
    peers.remove(peer);
  }

  @Override
  public void initiate(PublicKey peer) {
    world.calls.add("dial " + peer);
  }

  @Override
  public void echo(List<EchoRequest> requests) {
    for (var request : requests) {
      echoed.add(request);
      if (answering.contains(request.to())) {
        replies.add(new EchoReply(request.to(), request.token(), world.elapsed.toNanos()));
      }
    }
  }

  @Override
  public List<EchoReply> echoReplies() {
    var taken = List.copyOf(replies);
    replies.clear();
    return taken;
  }

  @Override
  public DeviceSnapshot snapshot() {
    return new DeviceSnapshot(
        name, true, Map.of(), 51900, 0, peers.values().stream().map(this::snapshot).toList());
  }

  private PeerSnapshot snapshot(PeerConfig peer) {
    return new PeerSnapshot(
        peer.publicKey(),
        new PeerSnapshot.Configuration(
            peer.identity(),
            null,
            peer.path().persistentKeepaliveSeconds(),
            peer.prefixes().allowedIps().stream().sorted().toList()),
        new PeerSnapshot.Connection(
            endpoints.getOrDefault(peer.publicKey(), peer.path().endpointHint()),
            handshakes.get(peer.publicKey())),
        new PeerSnapshot.Traffic(
            new PeerSnapshot.Volume(10, 1), new PeerSnapshot.Volume(20, 2), 3, 4),
        PeerSnapshot.RoundTrip.UNMEASURED);
  }

  @Override
  public DeviceCounters counters() {
    return new DeviceCounters(
        Map.of(),
        Map.of(),
        Map.of(),
        new BatchSizes(List.of(3L, 1L, 0L, 0L, 0L, 0L, 0L, 2L, 0L), 205),
        new BatchSizes(List.of(0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L), 0));
  }

  @Override
  public Offloads offloads() {
    return new Offloads(true, false, true, true, false);
  }

  @Override
  public void close() {
    world.calls.add("close " + name);
  }
}
