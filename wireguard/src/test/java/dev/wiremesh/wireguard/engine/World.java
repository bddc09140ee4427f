package dev.wiremesh.wireguard.engine;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.io.DatagramHandler;
import dev.wiremesh.wireguard.io.DemultiplexingBind;
import dev.wiremesh.wireguard.io.memory.MemoryNetwork;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * A network and hosts with a clock that only {@link #run} moves: from one thing that happens to the
 * next, however long that takes.
 */
final class World {
  static final Instant BEGINNING = Instant.parse("2026-01-01T00:00:00Z");

  final MemoryNetwork network;
  private final List<MemoryHost> hosts = new ArrayList<>();
  private final long seed;
  private long nanos;
  private Duration wallOffset = Duration.ZERO;

  World(long seed) {
    this.seed = seed;
    this.network = new MemoryNetwork(this::nanos, seed);
  }

  World() {
    this(1);
  }

  long nanos() {
    return nanos;
  }

  Instant wall() {
    return BEGINNING.plusNanos(nanos).plus(wallOffset);
  }

  /** Sets the wall clock; the monotonic clock does not change. */
  void moveWallClock(Duration by) {
    wallOffset = wallOffset.plus(by);
  }

  MemoryHost host(String name, String address) {
    return host(name, address, ProtocolLimits.STANDARD);
  }

  MemoryHost host(String name, String address, ProtocolLimits limits) {
    return host(name, address, limits, List.of());
  }

  /** A host whose UDP port is shared with other protocols. */
  MemoryHost host(
      String name, String address, ProtocolLimits limits, List<DatagramHandler> handlers) {
    var ip = IpAddress.parse(address);
    var binds =
        handlers.isEmpty()
            ? network.host(ip)
            : DemultiplexingBind.factory(network.host(ip), handlers);
    var host = new MemoryHost(this, name, ip, binds, limits, seed * 100 + hosts.size());
    hosts.add(host);
    return host;
  }

  /** All sleep for so long: what was due meanwhile is due when they wake. */
  void skip(Duration duration) {
    nanos += duration.toNanos();
  }

  /** Lets everything happen that happens within this time. */
  void run(Duration duration) {
    long until = nanos + duration.toNanos();
    settle();
    while (true) {
      long next = network.nextArrivalNanos();
      for (var host : hosts) {
        next = Math.min(next, host.nextNanos());
      }
      if (next > until) {
        break;
      }
      nanos = Math.max(nanos, next);
      settle();
    }
    nanos = until;
    settle();
  }

  /** Lets everything happen that happens now. */
  void settle() {
    int rounds = 0;
    boolean moved;
    do {
      moved = false;
      for (var host : hosts) {
        moved |= host.step();
      }
      if (++rounds > 10_000) {
        throw new AssertionError("the world does not come to rest at " + Duration.ofNanos(nanos));
      }
    } while (moved);
  }
}
