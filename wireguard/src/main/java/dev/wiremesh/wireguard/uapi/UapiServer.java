package dev.wiremesh.wireguard.uapi;

import dev.wiremesh.wireguard.device.WireGuardDevice;
import dev.wiremesh.wireguard.linux.unix.UnixConnection;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves a device to {@code wg}: one thread accepts, and each client has a thread of its own, so
 * that a slow reader does not block others.
 */
public final class UapiServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(UapiServer.class);
  private static final int MAX_CLIENTS = 512;

  /** A client that reads nothing for so long is disconnected and its buffers are freed. */
  private static final Duration SEND_TIMEOUT = Duration.ofSeconds(60);

  /** Pause after a client that could not be accepted. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final WireGuardDevice device;
  private final UapiAccess access;
  private final UapiSocket socket;
  private final Semaphore free = new Semaphore(MAX_CLIENTS);
  private final Set<UnixConnection> clients = ConcurrentHashMap.newKeySet();
  private final Thread acceptor;
  private volatile boolean closed;

  private UapiServer(WireGuardDevice device, UapiAccess access, UapiSocket socket) {
    this.device = device;
    this.access = access;
    this.socket = socket;
    acceptor = Thread.ofPlatform().daemon().name("uapi").unstarted(this::accept);
  }

  /** Starts serving; the socket is closed with the server. */
  public static UapiServer start(WireGuardDevice device, UapiAccess access, UapiSocket socket) {
    var server = new UapiServer(device, access, socket);
    server.acceptor.start();
    return server;
  }

  private void accept() {
    try {
      while (true) {
        free.acquire();
        acceptOne();
      }
    } catch (ClosedChannelException e) {
      // Closed by close().
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void acceptOne() throws ClosedChannelException, InterruptedException {
    try {
      begin(socket.listener().accept());
    } catch (ClosedChannelException e) {
      throw e;
    } catch (IOException e) {
      // Perhaps out of descriptors or threads: later clients may be served.
      free.release();
      log.atError().addKeyValue("socket", socket.path()).setCause(e).log("UAPI client not served");
      Thread.sleep(PAUSE);
    }
  }

  private void begin(UnixConnection client) throws IOException {
    clients.add(client);
    if (closed) {
      // close() may have missed this connection.
      client.close();
    }
    try {
      Thread.ofPlatform().daemon().name("uapi-client").start(() -> serve(client));
    } catch (OutOfMemoryError e) {
      clients.remove(client);
      client.close();
      throw new IOException("no thread for another client", e);
    }
  }

  private void serve(UnixConnection client) {
    try (client;
        var memory = Arena.ofConfined()) {
      client.setSendTimeout(SEND_TIMEOUT);
      new UapiSession(device, access, client.input(memory), client.output(memory)).run();
    } catch (IOException e) {
      // The client disconnected within an operation or stopped reading; there is no one to answer.
      log.atDebug().setCause(e).log("UAPI client lost");
    } finally {
      clients.remove(client);
      free.release();
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    socket.close();
    clients.forEach(UnixConnection::close);
  }
}
