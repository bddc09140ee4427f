package dev.wiremesh.wireguard.linux.tun;

import dev.wiremesh.wireguard.io.CloseOnFailure;
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
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the interface of a TUN descriptor: its name, MTU and state. While the interface is in our
 * own network namespace, a thread listens to netlink; while it is in another one, the thread asks
 * every second, and more often while the interface is down.
 *
 * <p>Nothing is kept open in that other namespace, and the thread does not enter it: it would live
 * on after it was removed, and the interface with it. It is asked from here, by its number; where
 * that is not allowed the descriptor itself tells of name and state, and the MTU is taken to stay.
 *
 * <p>The listener is called with the lock held, so that it sees events in their order.
 */
final class TunWatch {
  private static final Logger log = LoggerFactory.getLogger(TunWatch.class);

  private static final long LOOK_MILLIS = 1000;

  /** Who sets it up there, as after each move, does not want to wait for us. */
  private static final long LOOK_WHILE_DOWN_MILLIS = 50;

  private final int tunFd;
  private final Thread thread;
  private final Rtnetlink netlink;

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
  private boolean warned;

  /** Our namespace as it is watched while the interface is in it. */
  private record View(NetlinkMonitor monitor, Link first) {}

  private TunWatch(int tunFd, Rtnetlink netlink, @Nullable View view, Link link) {
    this.tunFd = tunFd;
    this.netlink = netlink;
    this.view = view;
    name = link.name();
    mtuBytes = link.mtuBytes();
    up = link.up();
    thread =
        Thread.ofPlatform().daemon().name("tun-watch-" + link.name()).unstarted(() -> run(view));
  }

  /** Looks at the interface once before it returns; the descriptor stays the caller's. */
  static TunWatch start(int tunFd) throws SystemCallException {
    try (var opened = new CloseOnFailure()) {
      var watch = start(tunFd, opened);
      watch.thread.start();
      return opened.keep(watch);
    }
  }

  private static TunWatch start(int tunFd, CloseOnFailure opened) throws SystemCallException {
    var netlink = opened.add(Rtnetlink.open());
    int namespace = TunFile.networkNamespace(tunFd);
    try {
      if (namespace >= 0 && !NetworkNamespace.isOwn(namespace)) {
        var link =
            ask(namespace, TunFile.identity(tunFd).name(), netlink).orElseThrow(TunWatch::gone);
        checkKind(link);
        return new TunWatch(tunFd, netlink, null, link);
      }
    } finally {
      release(namespace);
    }
    var view = open(tunFd, netlink);
    opened.add(view.monitor);
    checkKind(view.first);
    return new TunWatch(tunFd, netlink, view, view.first);
  }

  /** The descriptor does not tell: TUNGETIFF uses the bit of IFF_NO_PI for something else. */
  private static void checkKind(Link link) throws SystemCallException {
    var tun = link.tun();
    if (tun != null && tun.packetInfo()) {
      throw TunFile.wrongKind(link.name());
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

  private void run(@Nullable View first) {
    try {
      for (var here = first == null ? next() : first; here != null; here = next()) {
        watch(here);
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
    } finally {
      netlink.close();
    }
    synchronized (announcing) {
      told = true;
      tell(new TunEvent.Closed());
    }
  }

  private void watch(View here) throws SystemCallException {
    try {
      update(here.first);
      here.monitor.run(change -> react(here, change));
    } finally {
      synchronized (this) {
        view = null;
      }
      here.monitor.close();
    }
  }

  private void react(View here, NetworkChange change) {
    int index = here.first.index();
    switch (change) {
      case LinkChanged(var link) when link.index() == index -> update(link);
      case LinkRemoved(var link) when link.index() == index -> here.monitor.stop();
      case Overrun() -> refresh(here);
      case NetworkChange other -> {}
    }
  }

  private void refresh(View here) {
    try {
      netlink.links().byIndex(here.first.index()).ifPresentOrElse(this::update, here.monitor::stop);
    } catch (SystemCallException e) {
      log.atWarn().addKeyValue("interface", name).setCause(e).log("interface cannot be read");
    }
  }

  /**
   * The interface is not here. Waits until it is, and follows it until then; null if it was deleted
   * or closed.
   */
  private @Nullable View next() throws SystemCallException, InterruptedException {
    while (!isClosed()) {
      try {
        var here = look();
        if (here != null) {
          return publish(here);
        }
      } catch (SystemCallException e) {
        if (e.errno() != Errno.EBADFD && e.errno() != Errno.EBADF) {
          throw e;
        }
        close();
      }
      pause();
    }
    return null;
  }

  /**
   * Learns how the interface is, wherever it is; a view if that is here, else null.
   *
   * @throws SystemCallException with EBADFD if it is nowhere
   */
  private @Nullable View look() throws SystemCallException {
    String itsName;
    boolean isUp;
    int namespace;
    synchronized (this) {
      if (closed) {
        return null;
      }
      itsName = TunFile.identity(tunFd).name();
      isUp = TunFile.isUp(tunFd);
      namespace = TunFile.networkNamespace(tunFd);
    }
    try {
      // One of its name in our own namespace would be another one: it is known to have left.
      SystemCallException.check(namespace, "TUNGETDEVNETNS");
      if (NetworkNamespace.isOwn(namespace)) {
        return open(tunFd, netlink);
      }
      ask(namespace, itsName, netlink).ifPresent(this::update);
    } catch (SystemCallException e) {
      cannotAsk(e);
      update(itsName, mtuBytes, isUp);
    } finally {
      release(namespace);
    }
    return null;
  }

  private void cannotAsk(SystemCallException e) {
    // ENODEV: it has moved again, or has another name.
    if (!warned && e.errno() != Errno.ENODEV) {
      warned = true;
      log.atWarn()
          .addKeyValue("interface", name)
          .setCause(e)
          .log(
              "cannot ask the network namespace that the interface went to: changes of its MTU"
                  + " will not be seen");
    }
  }

  private void pause() throws InterruptedException {
    long millis;
    synchronized (announcing) {
      millis = up ? LOOK_MILLIS : LOOK_WHILE_DOWN_MILLIS;
    }
    synchronized (this) {
      if (!closed) {
        wait(millis);
      }
    }
  }

  private synchronized @Nullable View publish(View here) {
    if (closed) {
      here.monitor.close();
      return null;
    }
    warned = false;
    view = here;
    return here;
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

  private static Optional<Link> ask(int namespace, String name, Rtnetlink netlink)
      throws SystemCallException {
    return netlink.links().byName(name, netlink.namespaces().idOf(namespace));
  }

  /** Subscribes first and looks for the interface then, so that nothing falls between. */
  private static View open(int tunFd, Rtnetlink netlink) throws SystemCallException {
    try (var opened = new CloseOnFailure()) {
      var monitor = opened.add(NetlinkMonitor.open(Topic.LINKS));
      var name = TunFile.identity(tunFd).name();
      var link = netlink.links().byName(name).orElseThrow(TunWatch::gone);
      return opened.keep(new View(monitor, link));
    }
  }

  private static void release(int namespace) {
    if (namespace >= 0) {
      Libc.close(namespace);
    }
  }

  private static SystemCallException gone() {
    return new SystemCallException("look for the TUN interface", Errno.ENODEV);
  }
}
