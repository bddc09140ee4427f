package dev.wiremesh.wireguard.linux.tun;

import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.io.TunDevice;
import dev.wiremesh.wireguard.io.TunEvent;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.EventFd;
import dev.wiremesh.wireguard.linux.syscall.Libc;
import dev.wiremesh.wireguard.linux.syscall.Poller;
import dev.wiremesh.wireguard.linux.syscall.RefCountedDescriptors;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import dev.wiremesh.wireguard.linux.tun.TunFile.GsoTypes;
import dev.wiremesh.wireguard.offload.GsoSplitter;
import dev.wiremesh.wireguard.offload.Offloads;
import dev.wiremesh.wireguard.offload.VirtioHeader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.ClosedChannelException;
import java.util.function.Consumer;

/**
 * A TUN interface of Linux: one queue of a multi-queue device (a persistent one cannot become
 * multi-queue later), or a single-queue device. It follows its interface through renames, MTU
 * changes and other network namespaces.
 *
 * <p>Packets are preceded by a virtio header, except on inherited descriptors without one: with it
 * the kernel passes GSO packets and takes GRO packets, see {@link Offloads}.
 */
public final class LinuxTun implements TunDevice {
  /** WireGuard's usual MTU: 1500 less the outer headers of IPv6. */
  public static final int DEFAULT_MTU = 1420;

  /**
   * Queue length that bridges some milliseconds in which the reader is not scheduled. With the
   * kernel's 500 a sender on a busy machine lost one packet in thirty, and TCP nine tenths of its
   * rate.
   */
  private static final int TRANSMIT_QUEUE_PACKETS = 2000;

  private final int fd;
  private final boolean virtioHeader;
  private final boolean readsGso;
  private final boolean severalQueues;
  private final EventFd wakeup;
  private final RefCountedDescriptors descriptors;
  private final Poller poller;
  private final TunWatch watch;

  // Owned by the reading thread.
  private boolean drained = true;

  private final GsoSplitter splitter;

  // Owned by the writing thread.
  private final TunWriter writer;

  private LinuxTun(int fd, Offloads offloads) throws SystemCallException {
    this.fd = fd;
    var identity = TunFile.readInterface(fd);
    if ((identity.flags() & TunFile.IFF_TUN) == 0) {
      throw TunFile.wrongKind(identity.name());
    }
    virtioHeader = (identity.flags() & TunFile.IFF_VNET_HDR) != 0;
    severalQueues = (identity.flags() & TunFile.IFF_MULTI_QUEUE) != 0;
    var gsoTypes = GsoTypes.NONE;
    if (virtioHeader) {
      TunFile.setVirtioHeaderBytes(fd, VirtioHeader.BYTES);
      gsoTypes = TunFile.setOffloads(fd, offloads.tunRead());
    }
    readsGso = gsoTypes != GsoTypes.NONE;
    splitter = new GsoSplitter(Arena.ofAuto());
    writer =
        new TunWriter(
            fd,
            virtioHeader,
            virtioHeader && offloads.tunWrite(),
            gsoTypes == GsoTypes.TCP_AND_UDP);
    wakeup = EventFd.open();
    try {
      watch = TunWatch.start(fd);
    } catch (SystemCallException e) {
      wakeup.close();
      throw e;
    }
    descriptors = new RefCountedDescriptors(fd, wakeup.fd());
    poller = new Poller(fd, wakeup.fd());
  }

  /** {@link #open(String, Offloads)} with all offloads. */
  public static LinuxTun open(String name) throws SystemCallException {
    return open(name, Offloads.ALL);
  }

  /**
   * Creates an interface with {@link #DEFAULT_MTU} and a longer queue than the kernel's default, or
   * takes over an existing one that no process holds, whose MTU is kept. Unless it was persistent
   * before, the interface is removed on close.
   *
   * @param name may hold {@code %d} for the first free number
   */
  public static LinuxTun open(String name, Offloads offloads) throws SystemCallException {
    TunFile.checkName(name);
    try (var netlink = Rtnetlink.open()) {
      boolean exists = !name.contains("%") && netlink.links().byName(name).isPresent();
      int fd = TunFile.open(name, offloads.tunQueues(), netlink);
      try {
        if (!exists) {
          var link = netlink.links().byName(TunFile.readInterface(fd).name());
          if (link.isPresent()) {
            netlink.links().setMtu(link.get().index(), DEFAULT_MTU);
            netlink.links().setTransmitQueueLength(link.get().index(), TRANSMIT_QUEUE_PACKETS);
            InterfaceDefaults.apply(netlink.links(), link.get().index());
          }
        }
        return new LinuxTun(fd, offloads);
      } catch (SystemCallException e) {
        Libc.close(fd);
        throw e;
      }
    }
  }

  /** {@link #openPersistent(String, Offloads)} with all offloads. */
  public static LinuxTun openPersistent(String name) throws SystemCallException {
    return openPersistent(name, Offloads.ALL);
  }

  /**
   * Like {@link #open}; the interface stays, with its addresses and routes, until it is deleted.
   */
  public static LinuxTun openPersistent(String name, Offloads offloads) throws SystemCallException {
    var tun = open(name, offloads);
    try {
      TunFile.setPersistent(tun.fd, true);
      return tun;
    } catch (SystemCallException e) {
      tun.close();
      throw e;
    }
  }

  /** {@link #adopt(int, Offloads)} with all offloads. */
  public static LinuxTun adopt(int fd) throws SystemCallException {
    return adopt(fd, Offloads.ALL);
  }

  /**
   * Takes over a descriptor that another process opened, and closes it at the end; on failure it
   * stays the caller's.
   */
  public static LinuxTun adopt(int fd, Offloads offloads) throws SystemCallException {
    // Checked before anything is changed: it may be a descriptor of something else.
    TunFile.checkInherited(fd);
    SystemCallException.check(Libc.setNonBlocking(fd), "fcntl of TUN descriptor " + fd);
    return new LinuxTun(fd, offloads);
  }

  @Override
  public String name() {
    return watch.name();
  }

  @Override
  public int mtu() {
    return watch.mtuBytes();
  }

  /** The TUN offloads in use now; those of UDP are off here. Any thread. */
  public Offloads offloads() {
    return new Offloads(readsGso, writer.isJoining(), severalQueues, false, false);
  }

  @Override
  public void onEvent(Consumer<TunEvent> listener) {
    watch.onEvent(listener);
  }

  @Override
  public int read(PacketBatch into) throws IOException {
    into.clear();
    descriptors.acquire();
    try {
      while (true) {
        if (!drained || splitter.isWaiting()) {
          fill(into);
          if (into.count() > 0) {
            return into.count();
          }
        }
        poller.await();
        if (descriptors.isClosed()) {
          throw new ClosedChannelException();
        }
        drained = !poller.isReady(0);
        if (poller.isReady(1)) {
          wakeup.reset();
          return 0;
        }
      }
    } finally {
      descriptors.release();
    }
  }

  /** Reads until the queue is empty or the batch has no room for a packet of full size. */
  private void fill(PacketBatch into) throws IOException {
    splitter.fill(into);
    int mtu = mtu();
    while (!splitter.isWaiting() && (into.count() == 0 || into.room() >= mtu)) {
      long n = virtioHeader ? readGsoPacket(into) : readPacket(into);
      if (n == -Errno.EAGAIN) {
        drained = true;
        return;
      } else if (n < 0) {
        readFailed((int) -n);
        return;
      }
    }
  }

  private long readPacket(PacketBatch into) {
    long n = Libc.read(fd, into.slab().address() + into.nextOffset(), into.room());
    if (n > 0) {
      into.add((int) n);
    }
    return n;
  }

  private long readGsoPacket(PacketBatch into) {
    long n = Libc.read(fd, splitter.memory().address(), GsoSplitter.BYTES);
    if (n > 0 && splitter.accept((int) n)) {
      splitter.fill(into);
    } else if (n > 0) {
      into.add(0); // a malformed packet is passed on as an empty one, so that it is counted
    }
    return n;
  }

  private void readFailed(int errno) throws IOException {
    if (errno == Errno.EBADFD) {
      watch.close();
      throw new ClosedChannelException();
    }
    if (errno != Errno.EINTR) {
      throw new SystemCallException("read " + name(), errno);
    }
  }

  @Override
  public int write(PacketBatch batch) throws IOException {
    descriptors.acquire();
    try {
      int written = writer.write(batch);
      if (written < 0) {
        watch.close();
        throw new ClosedChannelException();
      }
      return written;
    } finally {
      descriptors.release();
    }
  }

  @Override
  public void wake() {
    descriptors.ifOpen(wakeup::signal);
  }

  @Override
  public void close() {
    watch.close();
    descriptors.close(wakeup::signal);
  }
}
