package dev.wiremesh.wireguard.linux;

import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.io.TunDevice;
import dev.wiremesh.wireguard.io.TunEvent;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.Libc;
import dev.wiremesh.wireguard.linux.syscall.SharedDescriptors;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import dev.wiremesh.wireguard.linux.syscall.Waiting;
import dev.wiremesh.wireguard.linux.syscall.Wakeup;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.function.Consumer;

/**
 * A TUN interface of Linux: one queue of a multi-queue device, which a persistent one cannot become
 * later. It follows its interface through renames, MTU changes and other network namespaces.
 *
 * <p>A packet may have a virtio header in front, which {@link PacketBatch#HEADROOM} has room for;
 * ours has none as long as we ask for no offloads, but an inherited descriptor may.
 */
public final class LinuxTun implements TunDevice {
  /** WireGuard's usual MTU: 1500 less the outer headers of IPv6. */
  public static final int DEFAULT_MTU = 1420;

  /**
   * What a TUN holds for a reader that is not scheduled for some milliseconds. With the kernel's
   * 500 a sender on a busy machine lost one packet in thirty, and TCP nine tenths of its rate.
   */
  private static final int TRANSMIT_QUEUE_PACKETS = 2000;

  private static final int VIRTIO_HEADER_BYTES = 10;

  private final int fd;
  private final int headerBytes;
  private final Wakeup wakeup;
  private final SharedDescriptors descriptors;
  private final Waiting waiting;
  private final TunWatch watch;

  // Owned by the reading thread.
  private boolean drained = true;

  private volatile boolean wakeRequested;

  private LinuxTun(int fd) throws SystemCallException {
    this.fd = fd;
    var identity = TunFile.identity(fd);
    if ((identity.flags() & TunFile.IFF_TUN) == 0 || (identity.flags() & TunFile.IFF_NO_PI) == 0) {
      throw new SystemCallException(
          "TUN " + identity.name(),
          Errno.EINVAL,
          "The descriptor must be of an interface made with IFF_TUN and IFF_NO_PI");
    }
    headerBytes = (identity.flags() & TunFile.IFF_VNET_HDR) == 0 ? 0 : VIRTIO_HEADER_BYTES;
    if (headerBytes != 0) {
      TunFile.setNoOffloads(fd);
    }
    wakeup = Wakeup.open();
    watch = TunWatch.start(fd);
    descriptors = new SharedDescriptors(fd, wakeup.fd());
    waiting = new Waiting(fd, wakeup.fd());
  }

  /**
   * Makes an interface with {@link #DEFAULT_MTU} and a longer queue than the kernel's, or takes
   * over one of that name that nobody holds and leaves its MTU as it is. It goes when it is closed,
   * if it was not persistent before.
   *
   * @param name may hold {@code %d} for the first free number
   */
  public static LinuxTun open(String name) throws SystemCallException {
    TunFile.checkName(name);
    try (var netlink = Rtnetlink.open()) {
      boolean exists = !name.contains("%") && netlink.links().byName(name).isPresent();
      int fd = TunFile.open(name, netlink);
      try {
        if (!exists) {
          var link = netlink.links().byName(TunFile.identity(fd).name());
          if (link.isPresent()) {
            netlink.links().setMtu(link.get().index(), DEFAULT_MTU);
            netlink.links().setTransmitQueueLength(link.get().index(), TRANSMIT_QUEUE_PACKETS);
          }
        }
        return new LinuxTun(fd);
      } catch (SystemCallException e) {
        Libc.close(fd);
        throw e;
      }
    }
  }

  /**
   * Like {@link #open}; the interface stays, with its addresses and routes, until it is deleted.
   */
  public static LinuxTun openPersistent(String name) throws SystemCallException {
    var tun = open(name);
    try {
      TunFile.setPersistent(tun.fd, true);
      return tun;
    } catch (SystemCallException e) {
      tun.close();
      throw e;
    }
  }

  /** Takes over a descriptor that another process opened; it is ours to close from now on. */
  public static LinuxTun adopt(int fd) throws SystemCallException {
    // Asked before anything is changed: it may be anybody's descriptor.
    var unused = TunFile.identity(fd);
    SystemCallException.check(Libc.setNonBlocking(fd), "fcntl of TUN descriptor " + fd);
    return new LinuxTun(fd);
  }

  @Override
  public String name() {
    return watch.name();
  }

  @Override
  public int mtu() {
    return watch.mtuBytes();
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
        if (wakeRequested) {
          wakeRequested = false;
          wakeup.reset();
          return 0;
        }
        if (!drained) {
          fill(into);
          if (into.count() > 0) {
            return into.count();
          }
        }
        waiting.await();
        if (descriptors.isClosed()) {
          throw new ClosedChannelException();
        }
        drained = !waiting.isReady(0);
      }
    } finally {
      descriptors.release();
    }
  }

  /** Reads until nothing is left or no packet of full size would fit. */
  private void fill(PacketBatch into) throws IOException {
    int mtu = mtu();
    long slab = into.slab().address();
    while (into.count() == 0 || into.room() >= mtu) {
      long n =
          Libc.read(fd, slab + into.nextOffset() - headerBytes, (long) into.room() + headerBytes);
      if (n > headerBytes) {
        into.add((int) n - headerBytes);
      } else if (n == -Errno.EAGAIN) {
        drained = true;
        return;
      } else if (n < 0) {
        readFailed((int) -n);
        return;
      }
    }
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
      int written = 0;
      long slab = batch.slab().address();
      for (int i = 0; i < batch.count(); i++) {
        int from = batch.offset(i) - headerBytes;
        if (headerBytes != 0) {
          batch.slab().asSlice(from, headerBytes).fill((byte) 0);
        }
        long n = Libc.write(fd, slab + from, (long) batch.length(i) + headerBytes);
        if (n >= 0) {
          written++;
        } else if (n == -Errno.EBADFD) {
          watch.close();
          throw new ClosedChannelException();
        }
        // Else the interface is down (EIO), or its queue is full: packets are lost, as they are
        // on any network.
      }
      return written;
    } finally {
      descriptors.release();
    }
  }

  @Override
  public void wake() {
    wakeRequested = true;
    signal();
  }

  private void signal() {
    try {
      descriptors.acquire();
    } catch (ClosedChannelException e) {
      return;
    }
    try {
      wakeup.signal();
    } finally {
      descriptors.release();
    }
  }

  @Override
  public void close() {
    watch.close();
    signal();
    descriptors.close();
  }
}
