package dev.wiremesh.wireguard.peer;

import dev.wiremesh.wireguard.device.DeviceCounters;
import dev.wiremesh.wireguard.device.DropReason;
import dev.wiremesh.wireguard.device.EndpointSource;
import dev.wiremesh.wireguard.device.HandshakeOutcome;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A device's counters. Rare events are counted by any thread, batches by the packet thread that
 * they belong to; any thread reads.
 */
public final class Counters {
  /** Written by the sending thread. */
  public final BatchHistogram outgoing = new BatchHistogram();

  /** Written by the receiving thread. */
  public final BatchHistogram incoming = new BatchHistogram();

  private final AtomicLongArray handshakes = new AtomicLongArray(HandshakeOutcome.values().length);
  private final AtomicLongArray drops = new AtomicLongArray(DropReason.values().length);
  private final AtomicLongArray endpointChanges =
      new AtomicLongArray(EndpointSource.values().length);

  public void handshake(HandshakeOutcome outcome) {
    handshakes.getAndIncrement(outcome.ordinal());
  }

  public void drop(DropReason reason, int packets) {
    drops.getAndAdd(reason.ordinal(), packets);
  }

  public void endpointChange(EndpointSource source) {
    endpointChanges.getAndIncrement(source.ordinal());
  }

  public DeviceCounters read() {
    return new DeviceCounters(
        read(HandshakeOutcome.class, handshakes),
        read(DropReason.class, drops),
        read(EndpointSource.class, endpointChanges),
        outgoing.read(),
        incoming.read());
  }

  private static <E extends Enum<E>> Map<E, Long> read(Class<E> keys, AtomicLongArray values) {
    var map = new EnumMap<E, Long>(keys);
    for (E key : keys.getEnumConstants()) {
      map.put(key, values.get(key.ordinal()));
    }
    return Collections.unmodifiableMap(map);
  }
}
