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
 * descriptor where it went. Where that namespace cannot be entered, for want of CAP_SYS_ADMIN, the
 * descriptor itself tells of name and state every second, and the MTU is taken to stay.
 *
 * <p>The listener is called with the lock held, so that it sees events in their order.
 */
final class TunWatch {
  private static final Logger log = LoggerFactory.getLogger(TunWatch.class);

  private static final long LOOK_MILLIS = 1000;

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

  // Owned by the thread.
  private boolean outside;

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
    int namespace = TunFile.networkNamespace(tunFd);
    var view = namespace < 0 ? openHere(tunFd) : openIn(namespace, tunFd);
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
    notifyAll();
  }

  private void run(View first) {
    var current = first;
    try {
      while (current != null) {
        watch(current);
        current = next();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
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
  private @Nullable View next() throws SystemCallException, InterruptedException {
    while (!isClosed()) {
      try {
        var next = find();
        if (next != null) {
          return publish(next);
        }
        lookFromOutside();
      } catch (SystemCallException e) {
        if (e.errno() != Errno.EBADFD && e.errno() != Errno.EBADF) {
          throw e;
        }
        close();
      }
    }
    return null;
  }

  private synchronized @Nullable View publish(View next) {
    if (closed) {
      next.close();
      return null;
    }
    outside = false;
    view = next;
    return next;
  }

  /**
   * Null if the interface is where we cannot look.
   *
   * @throws SystemCallException with EBADFD if it is nowhere
   */
  private @Nullable View find() throws SystemCallException {
    int namespace = TunFile.networkNamespace(tunFd);
    if (namespace < 0) {
      // One of the same name in our own namespace would be another one: it has just left.
      return null;
    }
    try {
      return openIn(namespace, tunFd);
    } catch (SystemCallException e) {
      // ENODEV: it moved again meanwhile.
      if (e.errno() == Errno.EPERM || e.errno() == Errno.ENODEV) {
        return null;
      }
      throw e;
    }
  }

  /** Learns what the descriptor tells, and waits a little. */
  private void lookFromOutside() throws SystemCallException, InterruptedException {
    if (!outside) {
      outside = true;
      log.atWarn()
          .addKeyValue("interface", name)
          .log(
              "the interface went to another network namespace, which cannot be entered without"
                  + " CAP_SYS_ADMIN: changes of its MTU will not be seen");
    }
    String itsName;
    boolean isUp;
    synchronized (this) {
      if (closed) {
        return;
      }
      itsName = TunFile.identity(tunFd).name();
      isUp = TunFile.isUp(tunFd);
    }
    update(itsName, mtuBytes, isUp);
    synchronized (this) {
      if (!closed) {
        wait(LOOK_MILLIS);
      }
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private void update(Link link) {
    update(link.name(), link.mtuBytes(), link.up());
  }

  private void update(String newName, int newMtuBytes, boolean isUp) {
    synchronized (announcing) {
      name = newName;
      if (mtuBytes != newMtuBytes) {
        mtuBytes = newMtuBytes;
        tell(new TunEvent.MtuChanged(mtuBytes));
      }
      if (up != isUp) {
        up = isUp;
        tell(up ? new TunEvent.Up() : new TunEvent.Down());
      }
    }
  }

  private void tell(TunEvent event) {
    if (listener != null) {
      listener.accept(event);
    }
  }

  /** Closes the descriptor of the namespace; without CAP_SYS_ADMIN only our own will do. */
  private static View openIn(int namespace, int tunFd) throws SystemCallException {
    try {
      return NetworkNamespace.isOwn(namespace)
          ? openHere(tunFd)
          : NetworkNamespace.inside(namespace, () -> openHere(tunFd));
    } finally {
      Libc.close(namespace);
    }
  }

  /** Subscribes first and looks for the interface then, so that nothing falls between. */
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
