package dev.wiremesh.wireguard.uapi;

import dev.wiremesh.wireguard.io.CloseOnFailure;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;

/**
 * Watches for removal or replacement of an interface's socket file, which ends a daemon without
 * touching its interface.
 */
public final class UapiSocketWatch implements AutoCloseable {
  private final UapiSocket socket;
  private final WatchService watcher;
  private final Runnable gone;

  private UapiSocketWatch(UapiSocket socket, WatchService watcher, Runnable gone) {
    this.socket = socket;
    this.watcher = watcher;
    this.gone = gone;
  }

  /**
   * @param gone called once, on the watch's thread
   */
  public static UapiSocketWatch start(UapiSocket socket, Runnable gone) throws IOException {
    var directory = UapiSocket.DIRECTORY;
    try (var opened = new CloseOnFailure()) {
      var watcher = opened.add(directory.getFileSystem().newWatchService());
      directory.register(
          watcher, StandardWatchEventKinds.ENTRY_DELETE, StandardWatchEventKinds.ENTRY_CREATE);
      var watch = new UapiSocketWatch(socket, watcher, gone);
      Thread.ofPlatform().daemon().name("uapi-watch").start(watch::run);
      return opened.keep(watch);
    }
  }

  private void run() {
    try {
      while (socket.isInPlace()) {
        var key = watcher.take();
        key.pollEvents();
        key.reset();
      }
      gone.run();
    } catch (ClosedWatchServiceException e) {
      // Closed.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    watcher.close();
  }
}
