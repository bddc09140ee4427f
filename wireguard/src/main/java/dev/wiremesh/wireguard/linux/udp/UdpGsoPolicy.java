package dev.wiremesh.wireguard.linux.udp;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether one socket may leave the cutting of datagrams to the kernel. Network cards and kernels
 * refuse it in their own ways: for good, or on paths whose MTU is too small for the outer packet
 * (then only whole datagrams can be fragmented). Any thread may ask and tell.
 */
public final class UdpGsoPolicy {
  private static final Logger log = LoggerFactory.getLogger(UdpGsoPolicy.class);

  /** After so long a path is tried again. */
  public static final long PATH_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** So many refusing paths are remembered; one that is forgotten costs a call for each batch. */
  public static final int MAX_PATHS = 4096;

  private final LongSupplier nanos;
  private volatile boolean allowed;

  /** Until when an address is not tried again. */
  private final Map<IpAddress, Long> refusing = new ConcurrentHashMap<>();

  public UdpGsoPolicy(boolean allowed, LongSupplier nanos) {
    this.allowed = allowed;
    this.nanos = nanos;
  }

  public boolean isOn() {
    return allowed;
  }

  public boolean allowedTo(UdpEndpoint to) {
    if (refusing.isEmpty() || !allowed) {
      return allowed;
    }
    var until = refusing.get(to.address());
    if (until == null) {
      return true;
    }
    if (until - nanos.getAsLong() >= 0) {
      return false;
    }
    refusing.remove(to.address(), until);
    return true;
  }

  /** Whether this may be an error of the cutting, and not of what is sent. */
  public static boolean mayBeGuilty(int errno) {
    return switch (errno) {
      case Errno.EIO, Errno.EINVAL, Errno.EMSGSIZE, Errno.EOPNOTSUPP -> true;
      default -> false;
    };
  }

  /** What was refused in one piece went through one by one. */
  public void refused(int errno, UdpEndpoint to) {
    // A segment longer than the path's MTU is EMSGSIZE since Linux 6.14, and EINVAL before.
    if (errno == Errno.EMSGSIZE || errno == Errno.EINVAL) {
      spare(to.address());
      return;
    }
    if (allowed) {
      allowed = false;
      log.atInfo()
          .addKeyValue("error", Errno.describe(errno))
          .log("the network refuses UDP_SEGMENT, datagrams are sent one by one");
    }
  }

  private synchronized void spare(IpAddress address) {
    long now = nanos.getAsLong();
    if (refusing.size() >= MAX_PATHS) {
      refusing.values().removeIf(until -> until - now < 0);
    }
    if (refusing.size() >= MAX_PATHS) {
      refusing.remove(refusing.keySet().iterator().next());
    }
    refusing.put(address, now + PATH_PAUSE_NANOS);
  }
}
