package dev.wiremesh.wireguard.io;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The resources that a factory has opened so far, closed in reverse order when the factory fails:
 *
 * <pre>
 * try (var opened = new CloseOnFailure()) {
 * var tun = opened.add(LinuxTun.open(name));
 * var socket = opened.add(UapiSocket.open(name));
 * return opened.keep(new Daemon(tun, socket));
 * }
 * </pre>
 *
 * <p>Owned by the thread that opens.
 */
public final class CloseOnFailure implements AutoCloseable {
  private final Deque<AutoCloseable> resources = new ArrayDeque<>();

  public <T extends AutoCloseable> T add(T resource) {
    resources.push(resource);
    return resource;
  }

  /**
   * Releases the resources to {@code owner}: everything is open, and {@link #close} does nothing.
   */
  public <T> T keep(T owner) {
    resources.clear();
    return owner;
  }

  /** Moves the resources to the returned object, which closes them from now on. */
  public CloseOnFailure move() {
    var owner = new CloseOnFailure();
    owner.resources.addAll(resources);
    resources.clear();
    return owner;
  }

  /**
   * Closes all resources, also when some of them fail to close; their errors are suppressed ones of
   * a single exception.
   */
  @Override
  public void close() {
    var failed = new IllegalStateException("not all opened resources could be closed");
    while (!resources.isEmpty()) {
      try {
        resources.pop().close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        failed.addSuppressed(e);
      } catch (Exception e) {
        failed.addSuppressed(e);
      }
    }
    if (failed.getSuppressed().length > 0) {
      throw failed;
    }
  }
}
