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
 * Two UDP sockets on one port, one for IPv4 and one for IPv6: a single one would receive IPv4 as
 * IPv4-mapped addresses and could not choose an IPv4 source address. Where the kernel lacks one of
 * the families, the other is used alone.
 *
 * <p>It belongs to the network namespace of the thread that opened it, wherever the TUN goes.
 * Thread rules are those of {@link Bind}.
 */
public final class LinuxUdpSocket implements Bind {
  private static final Logger log = LoggerFactory.getLogger(LinuxUdpSocket.class);

  /** Users of a closed socket leave at once, but must be scheduled for that. */
  private static final Duration LONGEST_USE = Duration.ofSeconds(10);

  private static final int SOL_SOCKET = 1;
  private static final int SO_MARK = 36;

  private final int port;
  private final int v4;
  private final int v6;
  private final EventFd wakeup;
  private final RefCountedDescriptors descriptors;
  private final UdpGsoPolicy gsoPolicy;
  private final StickySourceCheck stickySources;
  private final ThreadLocal<UdpSender> senders;

  // Owned by the receiving thread.
  private final Poller poller;
  private final @Nullable UdpReceiver v4Receiver;
  private final @Nullable UdpReceiver v6Receiver;
  private boolean v4Ready;
  private boolean v6Ready;
  private boolean v6First;

  private LinuxUdpSocket(
      UdpBinding binding, EventFd wakeup, StickySourceCheck stickySources, Offloads offloads) {
    var kernel = KernelVersion.current();
    boolean joined = offloads.udpReceive() && kernel.hasWorkingUdpGro();
    gsoPolicy =
        new UdpGsoPolicy(
            offloads.udpSend() && kernel.hasWorkingUdpGso() && UdpGsoProbe.passed(),
            System::nanoTime);
    senders = ThreadLocal.withInitial(() -> new UdpSender(gsoPolicy, stickySources));
    port = binding.port();
    v4 = binding.v4();
    v6 = binding.v6();
    this.wakeup = wakeup;
    this.stickySources = stickySources;
    descriptors = new RefCountedDescriptors(v4, v6, wakeup.fd());
    poller = new Poller(v4, v6, wakeup.fd());
    v4Receiver = v4 < 0 ? null : new UdpReceiver(v4, Family.IPV4, joined);
    v6Receiver = v6 < 0 ? null : new UdpReceiver(v6, Family.IPV6, joined);
  }

  /** The {@link dev.wiremesh.wireguard.io.BindFactory} of Linux. */
  public static LinuxUdpSocket open(int port, int mark) throws IOException {
    return open(port, mark, Offloads.ALL);
  }

  /** Like {@link #open(int, int)}, with only the given offloads. */
  public static LinuxUdpSocket open(int port, int mark, Offloads offloads) throws IOException {
    try (var opened = new CloseOnFailure()) {
      var binding = opened.add(UdpBinding.open(port));
      if (mark != 0) {
        setMark(binding.v4(), mark);
        setMark(binding.v6(), mark);
      }
      var wakeup = opened.add(EventFd.open());
      var stickySources = opened.add(StickySourceCheck.open(binding.port(), mark));
      return opened.keep(new LinuxUdpSocket(binding, wakeup, stickySources, offloads));
    }
  }

  /** The UDP offloads in use now; those of the TUN are off here. Any thread. */
  public Offloads offloads() {
    boolean joined =
        v4Receiver != null && v4Receiver.isJoined() || v6Receiver != null && v6Receiver.isJoined();
    return new Offloads(false, false, false, gsoPolicy.isOn(), joined);
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
        poller.await();
        if (descriptors.isClosed()) {
          throw new ClosedChannelException();
        }
        v4Ready |= poller.isReady(0);
        v6Ready |= poller.isReady(1);
        if (poller.isReady(2)) {
          wakeup.reset();
          return 0;
        }
      }
    } finally {
      descriptors.release();
    }
  }

  /** Alternates which family is first, so that a busy one cannot starve the other. */
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
      stickySources.setMark(mark);
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

  /** Returns when the port is free for another socket. */
  @Override
  public void close() {
    descriptors.close(wakeup::signal);
    if (!descriptors.awaitClosed(LONGEST_USE)) {
      log.atWarn().addKeyValue("port", port).log("Timed out poller for socket users");
    }
    stickySources.close();
  }
}
