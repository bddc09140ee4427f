package dev.wiremesh.wireguard.io.memory;

import dev.wiremesh.wireguard.io.Bind;
import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/** A UDP socket of a {@link MemoryNetwork}. */
final class MemoryBind implements Bind {
  private final MemoryNetwork network;
  private final Datagram.Address address;
  private final ArrayDeque<Datagram> arrived = new ArrayDeque<>();
  private final Map<Datagram.Address, UdpEndpoint> endpoints = new HashMap<>();
  private boolean closed;

  MemoryBind(MemoryNetwork network, Datagram.Address address) {
    this.network = network;
    this.address = address;
  }

  boolean hasArrived() {
    return !arrived.isEmpty();
  }

  void arrived(Datagram datagram) {
    arrived.add(datagram);
  }

  @Override
  public int port() {
    return address.port();
  }

  @Override
  public int receive(PacketBatch into) throws ClosedChannelException {
    ensureOpen();
    network.deliver();
    into.clear();
    while (!arrived.isEmpty() && arrived.peek().payload().length <= into.room()) {
      var datagram = arrived.remove();
      byte[] payload = datagram.payload();
      MemorySegment.copy(
          payload, 0, into.slab(), ValueLayout.JAVA_BYTE, into.nextOffset(), payload.length);
      into.add(payload.length);
      into.setEndpoint(into.count() - 1, endpointOf(datagram.from()));
      into.setTrafficClass(into.count() - 1, datagram.trafficClass());
    }
    return into.count();
  }

  private UdpEndpoint endpointOf(Datagram.Address from) {
    return endpoints.computeIfAbsent(
        from, a -> new UdpEndpoint(a.host(), a.port(), 0, address.host(), 1));
  }

  @Override
  public int send(PacketBatch batch, int from, int count, Endpoint to)
      throws ClosedChannelException {
    var udp = UdpEndpoint.require(to);
    ensureOpen();
    for (int i = from; i < from + count; i++) {
      network.transmit(
          new Datagram(
              address,
              new Datagram.Address(udp.address(), udp.port()),
              batch.slab().asSlice(batch.offset(i), batch.length(i)).toArray(ValueLayout.JAVA_BYTE),
              batch.trafficClass(i),
              0,
              0));
    }
    return count;
  }

  private void ensureOpen() throws ClosedChannelException {
    if (closed) {
      throw new ClosedChannelException();
    }
  }

  @Override
  public void setMark(int mark) {
    // no routing here depends on the mark
  }

  @Override
  public void wake() {
    // nothing ever waits here
  }

  @Override
  public void close() {
    closed = true;
    network.closed(address);
  }
}
