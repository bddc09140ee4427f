package dev.wiremesh.wireguard.linux;

import dev.wiremesh.wireguard.io.TunEvent;
import dev.wiremesh.wireguard.linux.netlink.Link;
import dev.wiremesh.wireguard.linux.netlink.NetlinkMonitor;
import dev.wiremesh.wireguard.linux.netlink.NetlinkMonitor.Topic;
import dev.wiremesh.wireguard.linux.netlink.NetworkChange;
import dev.wiremesh.wireguard.linux.netlink.NetworkChange.LinkChanged;
import dev.wiremesh.wireguard.linux.netlink.NetworkChange.LinkRemoved;
import dev.wiremesh.wireguard.linux.netlink.NetworkChange.Overrun;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.Libc;
import dev.wiremesh.wireguard.linux.syscall.NetworkNamespace;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the interface of a TUN descriptor: its name, MTU and state. A thread of its own listens
 * to netlink in the namespace where the interface is; when it leaves, the thread asks the
 * descriptor where it went.
 *
 * <p>The listener is called with the lock held, so that it sees events in their order.
 */
final class TunWatch {
  private static final Logger log = LoggerFactory.getLogger(TunWatch.class);

  private final int tunFd;
  private final Thread thread;

  private volatile String name;
  private volatile int mtuBytes;

  // Guarded by announcing.
  private final Object announcing = new Object();
  private boolean up;
  private boolean told;
  private @Nullable Consumer<TunEvent> listener;

  // Guarded by this.
  private boolean closed;
  private @Nullable View view;

  /** One namespace as it is watched; {@code index} is the interface's number in it. */
  private record View(NetlinkMonitor monitor, Rtnetlink netlink, int index) {
    void close() {
      monitor.close();
      netlink.close();
    }
  }

  private TunWatch(int tunFd, View view, Link link) {
    this.tunFd = tunFd;
    this.view = view;
    name = link.name();
    mtuBytes = link.mtuBytes();
    up = link.up();
    thread =
        Thread.ofPlatform().daemon().name("tun-watch-" + link.name()).unstarted(() -> run(view));
  }

  /** Looks at the interface once before it returns; the descriptor stays the caller's. */
  static TunWatch start(int tunFd) throws SystemCallException {
    var view = open(tunFd);
    try {
      var link = view.netlink.links().byIndex(view.index).orElseThrow(TunWatch::gone);
      var watch = new TunWatch(tunFd, view, link);
      watch.thread.start();
      return watch;
    } catch (SystemCallException e) {
      view.close();
      throw e;
    }
  }

  String name() {
    return name;
  }

  int mtuBytes() {
    return mtuBytes;
  }

  void onEvent(Consumer<TunEvent> newListener) {
    synchronized (announcing) {
      listener = newListener;
      newListener.accept(
          told ? new TunEvent.Closed() : up ? new TunEvent.Up() : new TunEvent.Down());
    }
  }

  /** The listener is told soon after. */
  synchronized void close() {
    closed = true;
    if (view != null) {
      view.monitor.stop();
    }
  }

  private void run(View first) {
    var current = first;
    try {
      while (current != null) {
        watch(current);
        current = next();
      }
    } catch (SystemCallException e) {
      if (!isClosed()) {
        log.atWarn()
            .addKeyValue("interface", name)
            .setCause(e)
            .log("no longer told of changes of the interface");
        return;
      }
    }
    synchronized (announcing) {
      told = true;
      tell(new TunEvent.Closed());
    }
  }

  private void watch(View watched) throws SystemCallException {
    try {
      // What changed between the first look and now.
      watched.netlink.links().byIndex(watched.index).ifPresent(this::update);
      watched.monitor.run(change -> react(watched, change));
    } finally {
      synchronized (this) {
        view = null;
      }
      watched.close();
    }
  }

  private void react(View watched, NetworkChange change) {
    switch (change) {
      case LinkChanged(var link) when link.index() == watched.index -> update(link);
      case LinkRemoved(var link) when link.index() == watched.index -> watched.monitor.stop();
      case Overrun() -> refresh(watched);
      case NetworkChange other -> {}
    }
  }

  private void refresh(View watched) {
    try {
      watched
          .netlink
          .links()
          .byIndex(watched.index)
          .ifPresentOrElse(this::update, watched.monitor::stop);
    } catch (SystemCallException e) {
      log.atWarn().addKeyValue("interface", name).setCause(e).log("interface cannot be read");
    }
  }

  /** The interface left the namespace: null if it was deleted or closed, else where it is now. */
  private @Nullable View next() throws SystemCallException {
    if (isClosed()) {
      return null;
    }
    View next;
    try {
      next = open(tunFd);
    } catch (SystemCallException e) {
      if (e.errno() == Errno.EBADFD || e.errno() == Errno.EBADF || e.errno() == Errno.ENODEV) {
        close();
        return null;
      }
      throw e;
    }
    synchronized (this) {
      if (closed) {
        next.close();
        return null;
      }
      view = next;
    }
    return next;
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private void update(Link link) {
    synchronized (announcing) {
      name = link.name();
      if (mtuBytes != link.mtuBytes()) {
        mtuBytes = link.mtuBytes();
        tell(new TunEvent.MtuChanged(mtuBytes));
      }
      if (up != link.up()) {
        up = link.up();
        tell(up ? new TunEvent.Up() : new TunEvent.Down());
      }
    }
  }

  private void tell(TunEvent event) {
    if (listener != null) {
      listener.accept(event);
    }
  }

  /** Subscribes first and looks for the interface then, so that nothing falls between. */
  private static View open(int tunFd) throws SystemCallException {
    int namespace = TunFile.networkNamespace(tunFd);
    if (namespace < 0) {
      return openHere(tunFd);
    }
    try {
      return NetworkNamespace.inside(namespace, () -> openHere(tunFd));
    } catch (SystemCallException e) {
      if (e.errno() == Errno.EPERM) {
        // Without CAP_SYS_ADMIN no other namespace can be entered, but it may be our own.
        return openHere(tunFd);
      }
      throw e;
    } finally {
      Libc.close(namespace);
    }
  }

  private static View openHere(int tunFd) throws SystemCallException {
    var monitor = NetlinkMonitor.open(Topic.LINKS);
    Rtnetlink netlink = null;
    try {
      netlink = Rtnetlink.open();
      var link = netlink.links().byName(TunFile.identity(tunFd).name()).orElseThrow(TunWatch::gone);
      return new View(monitor, netlink, link.index());
    } catch (SystemCallException e) {
      monitor.close();
      if (netlink != null) {
        netlink.close();
      }
      throw e;
    }
  }

  private static SystemCallException gone() {
    return new SystemCallException("look for the TUN interface", Errno.ENODEV);
  }
}
