package dev.wiremesh.wireguard.io;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What a factory has opened so far. It is closed again, the last first, when the factory does not
 * get to its end:
 *
 * <pre>
 *   try (var opened = new Opened()) {
 *     var tun = opened.add(LinuxTun.open(name));
 *     var socket = opened.add(UapiSocket.open(name));
 *     return opened.keep(new Daemon(tun, socket));
 *   }
 * </pre>
 *
 * Owned by the thread that opens.
 */
public final class CloseOnFailure implements AutoCloseable {
  private final Deque<AutoCloseable> resources = new ArrayDeque<>();

  public <T extends AutoCloseable> T add(T resource) {
    resources.push(resource);
    return resource;
  }

  /** All is open and belongs to {@code owner} from now on. */
  public <T> T keep(T owner) {
    resources.clear();
    return owner;
  }

  /** All is open; the returned object closes it from now on. */
  public CloseOnFailure move() {
    var owner = new CloseOnFailure();
    owner.resources.addAll(resources);
    resources.clear();
    return owner;
  }

  /** What cannot be closed does not hinder the others: it is told with why we are here. */
  @Override
  public void close() {
    var failed = new IllegalStateException("not all that was opened could be closed");
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
