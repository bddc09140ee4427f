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
 * Decides for one socket whether the kernel may segment datagrams (UDP GSO, {@code UDP_SEGMENT}).
 * Network cards and kernels refuse it for good, or on paths whose MTU is too small for the outer
 * packet, where only whole datagrams can be fragmented. Any thread.
 */
public final class UdpGsoPolicy {
  private static final Logger log = LoggerFactory.getLogger(UdpGsoPolicy.class);

  /** Time until a refusing path is tried again. */
  public static final long PATH_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** Limit of remembered refusing paths; a forgotten one costs a failed call for each batch. */
  public static final int MAX_PATHS = 4096;

  private final LongSupplier nanos;
  private volatile boolean allowed;

  /** Time by destination until which it is not tried again. */
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

  /** True for an errno that UDP_SEGMENT may cause. */
  public static boolean mayBeCausedByGso(int errno) {
    return switch (errno) {
      case Errno.EIO, Errno.EINVAL, Errno.EMSGSIZE, Errno.EOPNOTSUPP -> true;
      default -> false;
    };
  }

  /** Records that datagrams refused with UDP_SEGMENT were then sent one by one. */
  public void refused(int errno, UdpEndpoint to) {
    // A segment longer than the path's MTU is EMSGSIZE since Linux 6.14, and EINVAL before.
    if (errno == Errno.EMSGSIZE || errno == Errno.EINVAL) {
      pause(to.address());
      return;
    }
    if (allowed) {
      allowed = false;
      log.atInfo()
          .addKeyValue("error", Errno.describe(errno))
          .log("The network refuses UDP_SEGMENT; datagrams are sent one by one");
    }
  }

  private synchronized void pause(IpAddress address) {
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
