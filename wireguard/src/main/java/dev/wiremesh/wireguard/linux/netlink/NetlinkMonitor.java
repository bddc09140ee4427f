package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.wireguard.linux.netlink.NetworkChange.AddressAdded;
import dev.wiremesh.wireguard.linux.netlink.NetworkChange.AddressRemoved;
import dev.wiremesh.wireguard.linux.netlink.NetworkChange.LinkChanged;
import dev.wiremesh.wireguard.linux.netlink.NetworkChange.LinkRemoved;
import dev.wiremesh.wireguard.linux.netlink.NetworkChange.Overrun;
import dev.wiremesh.wireguard.linux.netlink.NetworkChange.RouteAdded;
import dev.wiremesh.wireguard.linux.netlink.NetworkChange.RouteRemoved;
import dev.wiremesh.wireguard.linux.netlink.NetworkChange.RulesChanged;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.EventFd;
import dev.wiremesh.wireguard.linux.syscall.Poller;
import dev.wiremesh.wireguard.linux.syscall.Sockets;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Subscription to changes in a network namespace. It begins when the monitor is opened, so a caller
 * that opens it first and reads the state afterwards misses no change. One platform thread calls
 * {@link #run}; any thread may stop it.
 */
public final class NetlinkMonitor implements AutoCloseable {
  /** Kinds of changes to subscribe to. */
  public enum Topic {
    LINKS(Rtm.GROUP_LINK, 0),
    ADDRESSES(Rtm.GROUP_IPV4_ADDRESS, Rtm.GROUP_IPV6_ADDRESS),
    ROUTES(Rtm.GROUP_IPV4_ROUTE, Rtm.GROUP_IPV6_ROUTE),
    RULES(Rtm.GROUP_IPV4_RULE, Rtm.GROUP_IPV6_RULE);

    private final int group;
    private final int ipv6Group;

    Topic(int group, int ipv6Group) {
      this.group = group;
      this.ipv6Group = ipv6Group;
    }

    private IntStream groups() {
      return IntStream.of(group, ipv6Group).filter(number -> number != 0);
    }
  }

  private final NetlinkSocket socket;
  private final EventFd stop;

  // Guarded by this: the number of a closed descriptor may already belong to another file.
  private boolean closed;

  private NetlinkMonitor(NetlinkSocket socket, EventFd stop) {
    this.socket = socket;
    this.stop = stop;
  }

  public static NetlinkMonitor open(Topic first, Topic... more) throws SystemCallException {
    Set<Topic> topics = EnumSet.of(first, more);
    int[] groups = topics.stream().flatMapToInt(Topic::groups).toArray();
    var socket = NetlinkSocket.open(groups);
    try {
      return new NetlinkMonitor(socket, EventFd.open());
    } catch (SystemCallException e) {
      socket.close();
      throw e;
    }
  }

  /** Passes changes to the listener until {@link #stop}. */
  public void run(Consumer<NetworkChange> listener) throws SystemCallException {
    Consumer<NetlinkMessage> reader =
        message -> {
          var change = read(message);
          if (change != null) {
            listener.accept(change);
          }
        };
    var waiting = new Poller(socket.fd(), stop.fd());
    while (true) {
      waiting.await();
      if (waiting.isReady(1)) {
        return;
      }
      drain(reader, listener);
    }
  }

  private void drain(Consumer<NetlinkMessage> reader, Consumer<NetworkChange> listener)
      throws SystemCallException {
    try {
      boolean more = true;
      while (more) {
        more = socket.receive(Sockets.MSG_DONTWAIT, reader);
      }
    } catch (SystemCallException e) {
      if (e.errno() != Errno.ENOBUFS) {
        throw e;
      }
      listener.accept(new Overrun());
    }
  }

  /** Ends {@link #run} or prevents its start; may be called after the monitor is closed. */
  public synchronized void stop() {
    if (!closed) {
      stop.signal();
    }
  }

  /** Called after {@link #run} has ended. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      socket.close();
      stop.close();
    }
  }

  private static @Nullable NetworkChange read(NetlinkMessage message) {
    return switch (message.type()) {
      case Rtm.NEWLINK -> new LinkChanged(Links.read(message));
      case Rtm.DELLINK -> new LinkRemoved(Links.read(message));
      case Rtm.NEWADDR -> map(Addresses.read(message), AddressAdded::new);
      case Rtm.DELADDR -> map(Addresses.read(message), AddressRemoved::new);
      case Rtm.NEWROUTE -> map(Routes.read(message), RouteAdded::new);
      case Rtm.DELROUTE -> map(Routes.read(message), RouteRemoved::new);
      case Rtm.NEWRULE, Rtm.DELRULE -> new RulesChanged();
      default -> null;
    };
  }

  private static <T> @Nullable NetworkChange map(
      @Nullable T value, Function<T, NetworkChange> change) {
    return value == null ? null : change.apply(value);
  }
}
