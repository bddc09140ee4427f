package dev.wiremesh.agent.host;

import dev.wiremesh.agent.host.route.OwnershipMarks;
import dev.wiremesh.wireguard.linux.netlink.NetlinkMonitor;
import dev.wiremesh.wireguard.linux.netlink.NetlinkMonitor.Topic;
import dev.wiremesh.wireguard.linux.netlink.NetworkChange;
import dev.wiremesh.wireguard.linux.netlink.Route;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the node's links, addresses, routes and rules, and signals changes without their content:
 * the control loop compares host and plan anew. Tables of nftables are compared only then and with
 * the loop's resync, because their changes come by another netlink protocol. Owns its thread.
 */
public final class HostWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HostWatch.class);

  private final NetlinkMonitor monitor;
  private final Thread thread;

  private HostWatch(NetlinkMonitor monitor, Runnable changed) {
    this.monitor = monitor;
    this.thread =
        Thread.ofPlatform().daemon().name("host watch").start(() -> run(monitor, changed));
  }

  /**
   * @param changed called on the thread of the watch
   */
  public static HostWatch start(Runnable changed) throws SystemCallException {
    return new HostWatch(
        NetlinkMonitor.open(Topic.LINKS, Topic.ADDRESSES, Topic.ROUTES, Topic.RULES), changed);
  }

  private static void run(NetlinkMonitor monitor, Runnable changed) {
    try {
      monitor.run(change -> {
        if (concernsUs(change)) {
          changed.run();
        }
      });
    } catch (SystemCallException e) {
      log.atError()
          .setCause(e)
          .log("Host watch failed; changes are noticed only at the next resync");
    }
  }

  private static boolean concernsUs(NetworkChange change) {
    return switch (change) {
      case NetworkChange.RouteAdded(var route) -> concernsUs(route);
      case NetworkChange.RouteRemoved(var route) -> concernsUs(route);
      case NetworkChange.LinkChanged _ -> true;
      case NetworkChange.LinkRemoved _ -> true;
      case NetworkChange.AddressAdded _ -> true;
      case NetworkChange.AddressRemoved _ -> true;
      case NetworkChange.RulesChanged _ -> true;
      case NetworkChange.Overrun _ -> true;
    };
  }

  /**
   * Routes of ours, and those that decide on the MTU towards other nodes. Most route changes of a
   * busy cluster node are those of a pod, to a single address: the loop's resync notices these.
   */
  private static boolean concernsUs(Route route) {
    return route.protocol() == OwnershipMarks.PROTOCOL
        || route.table() == Route.MAIN_TABLE && !route.destination().isSingleAddress()
        || route.destination().isDefault();
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
