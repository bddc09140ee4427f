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
 * Hosts with one address each, and a wire between them that loses, repeats, delays and reorders
 * datagrams as it is told, by a seed.
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

  /** The share of datagrams that get lost, 0 to 1. */
  public void setLossRate(double rate) {
    lossRate = rate;
  }

  /** The share of datagrams that arrive twice, 0 to 1. */
  public void setDuplicationRate(double rate) {
    duplicationRate = rate;
  }

  /** Each datagram takes its own time between these two, so they overtake each other. */
  public void setDelay(Duration min, Duration max) {
    minDelayNanos = min.toNanos();
    maxDelayNanos = max.toNanos();
  }

  /** Loses what the predicate says, beside what gets lost by chance. */
  public void lose(Predicate<Datagram> which) {
    lost = which;
  }

  /** What routers do to datagrams on their way. */
  public void mark(UnaryOperator<Datagram> how) {
    mark = how;
  }

  /** Where the sockets of the host with this address are opened. */
  public BindFactory host(IpAddress address) {
    return (port, mark) -> open(address, port);
  }

  /** Everything that was sent since the last call, lost or not. */
  public List<Datagram> sent() {
    var datagrams = List.copyOf(sent);
    sent.clear();
    return datagrams;
  }

  /** Puts a datagram on the wire that nobody here has sent; it is never lost. */
  public void inject(Datagram datagram) {
    arriveAt(nanos.getAsLong(), datagram);
  }

  /** When the next datagram arrives; the greatest long if there is none. */
  public long nextArrivalNanos() {
    return wire.isEmpty() ? Long.MAX_VALUE : wire.peek().arrivalNanos();
  }

  /** True if something has arrived by now that was not received yet. */
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

  /** Hands over all that has arrived by now. */
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
