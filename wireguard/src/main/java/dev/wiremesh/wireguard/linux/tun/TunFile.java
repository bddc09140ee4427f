package dev.wiremesh.wireguard.linux.tun;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.wiremesh.wireguard.linux.netlink.Link;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.Libc;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.IntUnaryOperator;

/**
 * System calls that turn a descriptor of {@code /dev/net/tun} into an interface ({@code
 * linux/if_tun.h}).
 */
public final class TunFile {
  static final int IFF_TUN = 0x0001;
  static final int IFF_MULTI_QUEUE = 0x0100;
  static final int IFF_NO_PI = 0x1000;
  static final int IFF_VNET_HDR = 0x4000;
  private static final int IFF_TUN_EXCL = 0x8000;

  private static final long TUNSETIFF = 0x400454caL;
  private static final long TUNSETPERSIST = 0x400454cbL;
  private static final long TUNSETOFFLOAD = 0x400454d0L;
  private static final long TUNGETIFF = 0x800454d2L;
  private static final long TUNSETVNETHDRSZ = 0x400454d8L;
  private static final long TUNGETDEVNETNS = 0x54e3L;

  // Checksums, TSO4, TSO6, TSO_ECN; USO4, USO6.
  private static final int TUN_F_TCP = 0x01 | 0x02 | 0x04 | 0x08;
  private static final int TUN_F_UDP = 0x20 | 0x40;

  private static final String DEVICE = "/dev/net/tun";
  private static final int IFREQ_BYTES = 40;
  private static final int IFNAMSIZ = 16;

  private static final String NAMES =
      "An interface name is not empty and has no slash, colon or space, nor a percent sign but in"
          + " one '%d', which becomes the first free number";

  private TunFile() {}

  /**
   * The interface behind a descriptor.
   *
   * @param name its current name
   * @param flags the {@code IFF_} flags that it was opened with
   */
  record TunInterface(String name, int flags) {}

  /**
   * Creates an interface, or takes over an existing one that no process holds.
   *
   * @param name checked before; may hold {@code %d} for the first free number
   * @param severalQueues whether a new interface is a multi-queue one
   * @return a descriptor that the caller closes
   */
  public static int open(String name, boolean severalQueues, Rtnetlink netlink)
      throws SystemCallException {
    var existing = name.contains("%") ? Optional.<Link>empty() : netlink.links().byName(name);
    int taken = existing.isPresent() ? flagsOf(existing.get()) : 0;
    int fd = Libc.open(DEVICE, Libc.O_RDWR | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
    if (fd < 0) {
      throw cannotOpen(-fd);
    }
    int result =
        existing.isPresent()
            ? setInterface(fd, name, taken)
            : settle(newFlags(severalQueues), flags -> setInterface(fd, name, flags));
    if (result < 0) {
      Libc.close(fd);
      throw existing.isPresent() && result == -Errno.EINVAL
          ? cannotSet(name, Errno.EBUSY)
          : cannotSet(name, -result);
    }
    return fd;
  }

  private static int newFlags(boolean severalQueues) {
    return IFF_TUN
        | IFF_NO_PI
        | (severalQueues ? IFF_MULTI_QUEUE : 0)
        | IFF_VNET_HDR
        | IFF_TUN_EXCL;
  }

  /**
   * Tries to create an interface with these flags, and without the optional ones where the kernel,
   * or its emulation in a sandbox, rejects them: first with a single queue, then without GSO
   * packets.
   *
   * @param attempt creates the interface with the given flags; returns the result of the system
   *     call
   * @return the result of the last attempt
   */
  static int settle(int flags, IntUnaryOperator attempt) {
    int result = attempt.applyAsInt(flags);
    for (int optional : new int[] {IFF_MULTI_QUEUE, IFF_VNET_HDR}) {
      if (result == -Errno.EINVAL && (flags & optional) != 0) {
        flags &= ~optional;
        result = attempt.applyAsInt(flags);
      }
    }
    return result;
  }

  /**
   * The flags that an existing interface was created with; opening it with others fails. A second
   * process would silently become another queue of a multi-queue interface, so one with attached
   * queues is refused.
   */
  private static int flagsOf(Link link) throws SystemCallException {
    var tun = link.tun();
    if (tun == null || tun.packetInfo() || tun.queues() > 0) {
      throw cannotSet(link.name(), Errno.EBUSY);
    }
    return IFF_TUN
        | IFF_NO_PI
        | (tun.multiQueue() ? IFF_MULTI_QUEUE : 0)
        | (tun.virtioHeader() ? IFF_VNET_HDR : 0);
  }

  static void checkName(String name) throws SystemCallException {
    var call = "TUNSETIFF " + name;
    if (name.getBytes(StandardCharsets.UTF_8).length >= IFNAMSIZ) {
      throw new SystemCallException(
          call, Errno.ENAMETOOLONG, "An interface name has at most 15 characters");
    }
    if (name.isEmpty()
        || name.equals(".")
        || name.equals("..")
        || name.replaceFirst("%d", "").contains("%")
        || name.chars().anyMatch(c -> c == '/' || c == ':' || Character.isWhitespace(c))) {
      throw new SystemCallException(call, Errno.EINVAL, NAMES);
    }
  }

  private static SystemCallException cannotOpen(int errno) {
    var call = "open " + DEVICE;
    return switch (errno) {
      case Errno.EPERM, Errno.EACCES ->
          new TunDeniedException(
              call,
              errno,
              "The file's mode or the device cgroup denies the TUN device: run as root. In a"
                  + " container the runtime's own device list must hold 'c 10:200 rwm': runc does"
                  + " but for 1.2.0 to 1.2.3, crun does but for releases of May 2022 to January"
                  + " 2025; otherwise give the device by a device plugin, or run privileged");
      case Errno.ENOENT, Errno.ENOTDIR, Errno.EISDIR, Errno.ENXIO, Errno.ENODEV ->
          new SystemCallException(
              call,
              errno,
              "There is no TUN device: load the module with 'modprobe tun', and in a container"
                  + " mount the host's /dev/net/tun");
      default -> new SystemCallException(call, errno);
    };
  }

  private static SystemCallException cannotSet(String name, int errno) {
    var call = "TUNSETIFF " + name;
    return switch (errno) {
      case Errno.EPERM ->
          new SystemCallException(
              call,
              errno,
              "Making a network interface needs CAP_NET_ADMIN: run as root, or add NET_ADMIN to the"
                  + " container's capabilities");
      case Errno.EINVAL -> new SystemCallException(call, errno, NAMES);
      case Errno.ENOTTY ->
          new SystemCallException(
              call,
              errno,
              DEVICE
                  + " is not the TUN device: remove it and make it anew with 'mknod "
                  + DEVICE
                  + " c 10 200', and in a container mount the host's");
      case Errno.EBUSY ->
          new SystemCallException(
              call,
              errno,
              "The name is taken by another interface or another process: see 'ip link show "
                  + name
                  + "'");
      default -> new SystemCallException(call, errno);
    };
  }

  private static int setInterface(int fd, String name, int flags) {
    try (var arena = Arena.ofConfined()) {
      var request = arena.allocate(IFREQ_BYTES, 8);
      request.setString(0, name);
      request.set(JAVA_SHORT, IFNAMSIZ, (short) flags);
      return Libc.ioctl(fd, TUNSETIFF, request.address());
    }
  }

  /** The error for a descriptor whose packets are not plain IP packets. */
  static SystemCallException wrongKind(String name) {
    return new SystemCallException(
        "TUN " + name,
        Errno.EINVAL,
        "The descriptor must be of an interface made with IFF_TUN and IFF_NO_PI");
  }

  /** Checks that an inherited descriptor can be taken over, without changing it. */
  static void checkInherited(int fd) throws SystemCallException {
    try {
      var _ = readInterface(fd);
    } catch (SystemCallException e) {
      throw new SystemCallException(
          "take over descriptor " + fd,
          e.errno(),
          "It must be of an interface made with IFF_TUN and IFF_NO_PI");
    }
  }

  /**
   * @throws SystemCallException with EBADFD if the interface was deleted
   */
  static TunInterface readInterface(int fd) throws SystemCallException {
    try (var arena = Arena.ofConfined()) {
      var request = arena.allocate(IFREQ_BYTES, 8);
      SystemCallException.check(Libc.ioctl(fd, TUNGETIFF, request.address()), "TUNGETIFF");
      return new TunInterface(
          readName(request), Short.toUnsignedInt(request.get(JAVA_SHORT, IFNAMSIZ)));
    }
  }

  private static String readName(MemorySegment request) {
    int length = 0;
    while (length < IFNAMSIZ && request.get(JAVA_BYTE, length) != 0) {
      length++;
    }
    return new String(request.asSlice(0, length).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
  }

  static void setPersistent(int fd, boolean persistent) throws SystemCallException {
    SystemCallException.check(Libc.ioctl(fd, TUNSETPERSIST, persistent ? 1 : 0), "TUNSETPERSIST");
  }

  /**
   * Tells the kernel which GSO packets the reader can segment.
   *
   * @param wanted false for none
   * @return the GSO packets that the kernel will pass
   */
  static GsoTypes setOffloads(int fd, boolean wanted) throws SystemCallException {
    if (wanted) {
      if (Libc.ioctl(fd, TUNSETOFFLOAD, TUN_F_TCP | TUN_F_UDP) >= 0) {
        return GsoTypes.TCP_AND_UDP;
      }
      if (Libc.ioctl(fd, TUNSETOFFLOAD, TUN_F_TCP) >= 0) {
        return GsoTypes.TCP;
      }
    }
    SystemCallException.check(Libc.ioctl(fd, TUNSETOFFLOAD, 0), "TUNSETOFFLOAD");
    return GsoTypes.NONE;
  }

  /** GSO packets that an interface may pass; UDP since Linux 6.2. */
  enum GsoTypes {
    NONE,
    TCP,
    TCP_AND_UDP
  }

  /** Sets the length of the virtio header, which an earlier owner may have changed. */
  static void setVirtioHeaderBytes(int fd, int bytes) throws SystemCallException {
    try (var arena = Arena.ofConfined()) {
      long value = arena.allocateFrom(ValueLayout.JAVA_INT, bytes).address();
      SystemCallException.check(Libc.ioctl(fd, TUNSETVNETHDRSZ, value), "TUNSETVNETHDRSZ");
    }
  }

  /**
   * Opens the network namespace that the interface is in now; the caller closes the descriptor.
   *
   * @return negative where the kernel (before 5.2) or missing privileges prevent it
   * @throws SystemCallException with EBADFD if the interface was deleted
   */
  static int networkNamespace(int fd) throws SystemCallException {
    int result = Libc.ioctl(fd, TUNGETDEVNETNS, 0);
    if (result == -Errno.EBADFD || result == -Errno.EBADF) {
      throw new SystemCallException("TUNGETDEVNETNS", -result);
    }
    return result;
  }

  /**
   * True if the interface is up; works without access to its namespace, because an interface that
   * is down is not ready for writing (since Linux 5.3; earlier kernels show it by an empty write).
   */
  static boolean isUp(int fd) {
    try (var arena = Arena.ofConfined()) {
      var pollfd = arena.allocate(Libc.POLLFD_BYTES, 4);
      pollfd.set(ValueLayout.JAVA_INT, 0, fd);
      pollfd.set(JAVA_SHORT, 4, Libc.POLLOUT);
      return Libc.poll(pollfd.address(), 1, 0) > 0
          && (pollfd.get(JAVA_SHORT, 6) & Libc.POLLOUT) != 0
          && Libc.write(fd, 0, 0) != -Errno.EIO;
    }
  }
}
