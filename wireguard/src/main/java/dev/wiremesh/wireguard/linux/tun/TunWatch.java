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
 * Follows the interface of a TUN descriptor: its name, MTU and state. While the interface is in
 * this process's network namespace, a thread listens to netlink; while it is in another one, the
 * thread polls every second, and more often while the interface is down.
 *
 * <p>No descriptor of the other namespace is kept open and the thread does not enter it, because
 * that would keep the namespace, and the interface in it, alive after its removal. It is queried
 * from here by its netlink number; where that is not permitted, name and state come from the
 * descriptor, and the MTU is assumed unchanged.
 *
 * <p>The listener is called with the lock held, so that it sees events in order.
 */
final class TunWatch {
  private static final Logger log = LoggerFactory.getLogger(TunWatch.class);

  private static final long LOOK_MILLIS = 1000;

  /**
   * Poll interval while the interface is down: after a move it is set up soon, and traffic should
   * start at once.
   */
  private static final long LOOK_WHILE_DOWN_MILLIS = 50;

  private final int tunFd;
  private final Thread thread;
  private final Rtnetlink netlink;

  private volatile String name;
  private volatile int mtuBytes;

  // Guarded by announcing.
  private final Object announcing = new Object();
  private boolean up;
  private boolean closedReported;
  private @Nullable Consumer<TunEvent> listener;

  // Guarded by this.
  private boolean closed;
  private @Nullable View view;

  // Owned by the thread.
  private boolean warned;

  /** Subscription to this namespace while the interface is in it. */
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

  /** Reads the interface's state once before it returns; the descriptor stays the caller's. */
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
            ask(namespace, TunFile.readInterface(tunFd).name(), netlink)
                .orElseThrow(TunWatch::gone);
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

  /**
   * Checks the kind by netlink: in TUNGETIFF's answer the bit of IFF_NO_PI means something else.
   */
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
          closedReported ? new TunEvent.Closed() : up ? new TunEvent.Up() : new TunEvent.Down());
    }
  }

  /** Stops watching; the thread reports {@link TunEvent.Closed} soon after. */
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
            .log("Changes of the interface are no longer seen");
        return;
      }
    } finally {
      netlink.close();
    }
    synchronized (announcing) {
      closedReported = true;
      notifyListener(new TunEvent.Closed());
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
      log.atWarn().addKeyValue("interface", name).setCause(e).log("Cannot read the interface");
    }
  }

  /**
   * Polls the interface in the other namespace until it is back, then returns the subscription;
   * null if it was deleted or closed.
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
   * Reads the interface's state wherever it is; a subscription if it is in this namespace, else
   * null.
   *
   * @throws SystemCallException with EBADFD if it was deleted
   */
  private @Nullable View look() throws SystemCallException {
    String itsName;
    boolean isUp;
    int namespace;
    synchronized (this) {
      if (closed) {
        return null;
      }
      itsName = TunFile.readInterface(tunFd).name();
      isUp = TunFile.isUp(tunFd);
      namespace = TunFile.networkNamespace(tunFd);
    }
    try {
      // An interface of that name in this namespace would be another one: ours is known to have
      // left.
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
    // ENODEV: it has moved again or was renamed.
    if (!warned && e.errno() != Errno.ENODEV) {
      warned = true;
      log.atWarn()
          .addKeyValue("interface", name)
          .setCause(e)
          .log(
              "Cannot query the network namespace that the interface moved to: changes of its MTU"
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
        notifyListener(new TunEvent.MtuChanged(mtuBytes));
      }
      if (up != isUp) {
        up = isUp;
        notifyListener(up ? new TunEvent.Up() : new TunEvent.Down());
      }
    }
  }

  private void notifyListener(TunEvent event) {
    if (listener != null) {
      listener.accept(event);
    }
  }

  private static Optional<Link> ask(int namespace, String name, Rtnetlink netlink)
      throws SystemCallException {
    return netlink.links().byName(name, netlink.namespaces().idOf(namespace));
  }

  /** Subscribes before it looks for the interface, so that no change is missed. */
  private static View open(int tunFd, Rtnetlink netlink) throws SystemCallException {
    try (var opened = new CloseOnFailure()) {
      var monitor = opened.add(NetlinkMonitor.open(Topic.LINKS));
      var name = TunFile.readInterface(tunFd).name();
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
