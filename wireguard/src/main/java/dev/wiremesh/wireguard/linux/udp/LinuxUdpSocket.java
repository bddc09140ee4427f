package dev.wiremesh.wireguard.linux.udp;

import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.wireguard.io.Bind;
import dev.wiremesh.wireguard.io.CloseOnFailure;
import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.linux.syscall.EventFd;
import dev.wiremesh.wireguard.linux.syscall.KernelVersion;
import dev.wiremesh.wireguard.linux.syscall.Poller;
import dev.wiremesh.wireguard.linux.syscall.RefCountedDescriptors;
import dev.wiremesh.wireguard.linux.syscall.Sockets;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import dev.wiremesh.wireguard.offload.Offloads;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Two sockets on one port, one for IPv4 and one for IPv6: with a single one, IPv4 would come in
 * disguise and its source address could not be chosen. A kernel without one of the families is
 * served by the other.
 *
 * <p>It belongs to the network namespace of the thread that opened it, wherever the TUN goes.
 */
public final class LinuxUdpSocket implements Bind {
  private static final Logger log = LoggerFactory.getLogger(LinuxUdpSocket.class);

  /** Users leave at once, but they must be scheduled for that. */
  private static final Duration LONGEST_USE = Duration.ofSeconds(10);

  private static final int SOL_SOCKET = 1;
  private static final int SO_MARK = 36;

  private final int port;
  private final int v4;
  private final int v6;
  private final EventFd wakeup;
  private final RefCountedDescriptors descriptors;
  private final UdpGsoPolicy segmentation;
  private final StickySourceCheck routes;
  private final ThreadLocal<UdpSender> senders;

  // Owned by the receiving thread.
  private final Poller waiting;
  private final @Nullable UdpReceiver v4Receiver;
  private final @Nullable UdpReceiver v6Receiver;
  private boolean v4Ready;
  private boolean v6Ready;
  private boolean v6First;

  private LinuxUdpSocket(
      UdpBinding binding, EventFd wakeup, StickySourceCheck routes, Offloads offloads) {
    var kernel = KernelVersion.current();
    boolean joined = offloads.udpReceive() && kernel.joinsUdpRightly();
    segmentation =
        new UdpGsoPolicy(
            offloads.udpSend() && kernel.segmentsUdpRightly() && UdpGsoProbe.passed(),
            System::nanoTime);
    senders = ThreadLocal.withInitial(() -> new UdpSender(segmentation, routes));
    port = binding.port();
    v4 = binding.v4();
    v6 = binding.v6();
    this.wakeup = wakeup;
    this.routes = routes;
    descriptors = new RefCountedDescriptors(v4, v6, wakeup.fd());
    waiting = new Poller(v4, v6, wakeup.fd());
    v4Receiver = v4 < 0 ? null : new UdpReceiver(v4, Family.IPV4, joined);
    v6Receiver = v6 < 0 ? null : new UdpReceiver(v6, Family.IPV6, joined);
  }

  /** The {@link dev.wiremesh.wireguard.io.BindFactory} of Linux. */
  public static LinuxUdpSocket open(int port, int mark) throws IOException {
    return open(port, mark, Offloads.ALL);
  }

  /** Like {@link #open(int, int)}, with some offloads only. */
  public static LinuxUdpSocket open(int port, int mark, Offloads offloads) throws IOException {
    try (var opened = new CloseOnFailure()) {
      var binding = opened.add(UdpBinding.open(port));
      if (mark != 0) {
        setMark(binding.v4(), mark);
        setMark(binding.v6(), mark);
      }
      var wakeup = opened.add(EventFd.open());
      var routes = opened.add(StickySourceCheck.open(binding.port(), mark));
      return opened.keep(new LinuxUdpSocket(binding, wakeup, routes, offloads));
    }
  }

  /** Those of UDP that are in use now; those of the TUN are off here. Any thread. */
  public Offloads offloads() {
    boolean joined =
        v4Receiver != null && v4Receiver.isJoined() || v6Receiver != null && v6Receiver.isJoined();
    return new Offloads(false, false, false, segmentation.isOn(), joined);
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public int receive(PacketBatch into) throws IOException {
    into.clear();
    descriptors.acquire();
    try {
      while (true) {
        fill(into);
        if (into.count() > 0) {
          return into.count();
        }
        waiting.await();
        if (descriptors.isClosed()) {
          throw new ClosedChannelException();
        }
        v4Ready |= waiting.isReady(0);
        v6Ready |= waiting.isReady(1);
        if (waiting.isReady(2)) {
          wakeup.reset();
          return 0;
        }
      }
    } finally {
      descriptors.release();
    }
  }

  /** The families take turns in being first, so that a busy one cannot shut out the other. */
  private void fill(PacketBatch into) throws SystemCallException {
    v6First = !v6First;
    if (v6First) {
      fillV6(into);
      fillV4(into);
    } else {
      fillV4(into);
      fillV6(into);
    }
  }

  private void fillV4(PacketBatch into) throws SystemCallException {
    if (v4Receiver != null && v4Ready) {
      v4Ready = v4Receiver.fill(into);
    }
  }

  private void fillV6(PacketBatch into) throws SystemCallException {
    if (v6Receiver != null && v6Ready) {
      v6Ready = v6Receiver.fill(into);
    }
  }

  @Override
  public int send(PacketBatch batch, int from, int count, Endpoint to) throws IOException {
    var udp = UdpEndpoint.require(to);
    int fd = udp.address().isV4() ? v4 : v6;
    if (fd < 0) {
      return 0;
    }
    descriptors.acquire();
    try {
      return senders.get().send(fd, batch, from, count, udp);
    } finally {
      descriptors.release();
    }
  }

  @Override
  public void setMark(int mark) throws IOException {
    descriptors.acquire();
    try {
      setMark(v4, mark);
      setMark(v6, mark);
      routes.setMark(mark);
    } finally {
      descriptors.release();
    }
  }

  private static void setMark(int fd, int mark) throws SystemCallException {
    if (fd >= 0) {
      SystemCallException.check(
          Sockets.setsockopt(fd, SOL_SOCKET, SO_MARK, mark),
          "setsockopt SO_MARK " + Integer.toUnsignedString(mark));
    }
  }

  @Override
  public void wake() {
    descriptors.ifOpen(wakeup::signal);
  }

  /** When it returns the port is free, for whoever wants it next. */
  @Override
  public void close() {
    descriptors.close(wakeup::signal);
    if (!descriptors.awaitClosed(LONGEST_USE)) {
      log.atWarn().addKeyValue("port", port).log("A thread does not leave a closed socket");
    }
    routes.close();
  }
}
