package dev.wiremesh.agent.host;

import dev.wiremesh.wireguard.linux.netlink.NetlinkMonitor;
import dev.wiremesh.wireguard.linux.netlink.NetlinkMonitor.Topic;
import dev.wiremesh.wireguard.linux.netlink.NetworkChange;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when links, addresses or routes of the node changed, by whomever. It does not say what: the
 * next look at the host finds out. Its thread is its own.
 */
public final class HostWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HostWatch.class);

  private final NetlinkMonitor monitor;
  private final Thread thread;

  private HostWatch(NetlinkMonitor monitor, Runnable changed) {
    this.monitor = monitor;
    this.thread =
        Thread.ofPlatform().daemon().name("host watch").start(() -> run(monitor, changed));
  }

  /**
   * @param changed called on the watch's thread
   */
  public static HostWatch start(Runnable changed) throws SystemCallException {
    return new HostWatch(NetlinkMonitor.open(Topic.LINKS, Topic.ADDRESSES, Topic.ROUTES), changed);
  }

  private static void run(NetlinkMonitor monitor, Runnable changed) {
    try {
      monitor.run(change -> {
        if (concernsUs(change)) {
          changed.run();
        }
      });
    } catch (SystemCallException e) {
      LOG.atError()
          .setCause(e)
          .log("The host is not watched any more; it is still looked at now and then");
    }
  }

  /** On a busy cluster node most route changes are one pod's: those move nothing of ours. */
  private static boolean concernsUs(NetworkChange change) {
    return switch (change) {
      case NetworkChange.RouteAdded(var route) ->
          route.destination().isDefault() || route.protocol() == OwnershipMarks.PROTOCOL;
      case NetworkChange.RouteRemoved(var route) ->
          route.destination().isDefault() || route.protocol() == OwnershipMarks.PROTOCOL;
      case NetworkChange.LinkChanged unused -> true;
      case NetworkChange.LinkRemoved unused -> true;
      case NetworkChange.AddressAdded unused -> true;
      case NetworkChange.AddressRemoved unused -> true;
      case NetworkChange.RulesChanged unused -> true;
      case NetworkChange.Overrun unused -> true;
    };
  }

  @Override
  public void close() {
    monitor.stop();
    try {
      thread.join();
      monitor.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
