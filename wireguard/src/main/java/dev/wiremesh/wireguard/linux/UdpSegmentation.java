package dev.wiremesh.wireguard.linux;

import dev.wiremesh.wireguard.io.UdpEndpoint;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether one socket may leave the cutting of datagrams to the kernel. Network cards and kernels
 * refuse it in their own ways: for good, or on paths whose MTU is too small for the outer packet
 * (then only whole datagrams can be fragmented). Any thread may ask and tell.
 */
final class UdpSegmentation {
  private static final Logger log = LoggerFactory.getLogger(UdpSegmentation.class);

  /** After so long a path is tried again. */
  private static final long PATH_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private volatile boolean allowed;
  private volatile @Nullable Refusal refusal;

  private record Refusal(UdpEndpoint to, long untilNanos) {}

  UdpSegmentation(boolean allowed) {
    this.allowed = allowed;
  }

  boolean isOn() {
    return allowed;
  }

  boolean allowedTo(UdpEndpoint to) {
    if (!allowed) {
      return false;
    }
    var last = refusal;
    return last == null || !last.to.sameRemote(to) || last.untilNanos - System.nanoTime() < 0;
  }

  /** Whether this may be an error of the cutting, and not of what is sent. */
  static boolean mayBeGuilty(int errno) {
    return switch (errno) {
      case Errno.EIO, Errno.EINVAL, Errno.EMSGSIZE, Errno.EOPNOTSUPP -> true;
      default -> false;
    };
  }

  /** What was refused in one piece went through one by one. */
  void refused(int errno, UdpEndpoint to) {
    if (errno == Errno.EMSGSIZE) {
      refusal = new Refusal(to, System.nanoTime() + PATH_PAUSE_NANOS);
      return;
    }
    if (allowed) {
      allowed = false;
      log.atInfo()
          .addKeyValue("error", Errno.describe(errno))
          .log("the network refuses UDP_SEGMENT, datagrams are sent one by one");
    }
  }
}
