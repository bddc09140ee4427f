package dev.wiremesh.wireguard.io.memory;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.io.BindFactory;
import java.net.BindException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * A simulated network of hosts with one address each. It loses, duplicates, delays and reorders
 * datagrams as configured, reproducibly by a seed.
 */
public final class MemoryNetwork {
  private static final int FIRST_FREE_PORT = 40_000;

  private final LongSupplier nanos;
  private final Random random;
  private final Map<Datagram.Address, MemoryBind> sockets = new HashMap<>();
  private final PriorityQueue<Datagram> wire = new PriorityQueue<>();
  private final List<Datagram> sent = new ArrayList<>();
  private Predicate<Datagram> lost = datagram -> false;
  private UnaryOperator<Datagram> mark = UnaryOperator.identity();
  private double lossRate;
  private double duplicationRate;
  private long minDelayNanos;
  private long maxDelayNanos;
  private long number;
  private int nextPort = FIRST_FREE_PORT;

  public MemoryNetwork(LongSupplier nanos, long seed) {
    this.nanos = nanos;
    this.random = new Random(seed);
  }

  /** Sets the share of datagrams that are lost, 0 to 1. */
  public void setLossRate(double rate) {
    lossRate = rate;
  }

  /** Sets the share of datagrams that arrive twice, 0 to 1. */
  public void setDuplicationRate(double rate) {
    duplicationRate = rate;
  }

  /** Sets the range of delays, uniformly distributed, so that datagrams are reordered. */
  public void setDelay(Duration min, Duration max) {
    minDelayNanos = min.toNanos();
    maxDelayNanos = max.toNanos();
  }

  /** Also loses the datagrams that the predicate matches. */
  public void lose(Predicate<Datagram> which) {
    lost = which;
  }

  /** Sets a change that routers make to datagrams on the path, such as ECN marks. */
  public void mark(UnaryOperator<Datagram> how) {
    mark = how;
  }

  /** Opens the sockets of the host with this address. */
  public BindFactory host(IpAddress address) {
    return (port, mark) -> open(address, port);
  }

  /** All datagrams sent since the last call, lost or not. */
  public List<Datagram> sent() {
    var datagrams = List.copyOf(sent);
    sent.clear();
    return datagrams;
  }

  /** Delivers a datagram that no socket has sent; it is never lost. */
  public void inject(Datagram datagram) {
    arriveAt(nanos.getAsLong(), datagram);
  }

  /** Arrival time of the next datagram; the greatest long if there is none. */
  public long nextArrivalNanos() {
    return wire.isEmpty() ? Long.MAX_VALUE : wire.peek().arrivalNanos();
  }

  /** True if a datagram has arrived there and was not received yet. */
  public boolean hasArrived(Datagram.Address at) {
    deliver();
    var socket = sockets.get(at);
    return socket != null && socket.hasArrived();
  }

  private MemoryBind open(IpAddress host, int port) throws BindException {
    int bound = port == 0 ? nextPort++ : port;
    var address = new Datagram.Address(host, bound);
    if (sockets.containsKey(address)) {
      throw new BindException("port " + bound + " of " + host + " is taken");
    }
    var socket = new MemoryBind(this, address);
    sockets.put(address, socket);
    return socket;
  }

  void closed(Datagram.Address address) {
    sockets.remove(address);
  }

  void transmit(Datagram datagram) {
    sent.add(datagram);
    if (lost.test(datagram) || random.nextDouble() < lossRate) {
      return;
    }
    arriveAt(nanos.getAsLong() + delay(), datagram);
    if (random.nextDouble() < duplicationRate) {
      arriveAt(nanos.getAsLong() + delay(), datagram);
    }
  }

  private long delay() {
    return minDelayNanos == maxDelayNanos
        ? minDelayNanos
        : random.nextLong(minDelayNanos, maxDelayNanos);
  }

  private void arriveAt(long arrival, Datagram datagram) {
    var marked = mark.apply(datagram);
    wire.add(
        new Datagram(
            marked.from(),
            marked.to(),
            marked.payload(),
            marked.trafficClass(),
            arrival,
            number++));
  }

  /** Passes all datagrams that have arrived by now to their sockets. */
  void deliver() {
    while (nextArrivalNanos() <= nanos.getAsLong()) {
      var datagram = wire.remove();
      var socket = sockets.get(datagram.to());
      if (socket != null) {
        socket.arrived(datagram);
      }
    }
  }
}
