package dev.wiremesh.testkit.kubernetes;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A TCP proxy on loopback between a program and its API server, which delays, holds back or ends
 * their connections on demand.
 *
 * <p>Thread-safe; a virtual thread for each direction of a connection.
 */
public final class FaultProxy implements AutoCloseable {
  private static final int BUFFER_BYTES = 64 * 1024;

  /** The condition of the path to the API server. */
  public enum Fault {
    /** Everything passes. */
    NONE,
    /** Each read of at most 64 KiB passes after {@link FaultProxy#LAG}. */
    SLOW,
    /** Connections are accepted and stay open, and nothing passes until the fault is over. */
    SILENT,
    /** Connections end as soon as they are accepted. */
    ABSENT
  }

  /** The delay of {@link Fault#SLOW}. */
  public static final Duration LAG = Duration.ofMillis(400);

  private final ServerSocketChannel server;
  private final InetSocketAddress target;
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
  // Guarded by this.
  private Fault fault = Fault.NONE;

  private FaultProxy(ServerSocketChannel server, InetSocketAddress target) {
    this.server = server;
    this.target = target;
  }

  /** Listens at once, on a free port of 127.0.0.1. */
  public static FaultProxy before(ControlPlane controlPlane) throws IOException {
    return before(controlPlane, InetAddress.getLoopbackAddress());
  }

  /**
   * Listens at once, on a free port.
   *
   * @param at a loopback address; the API server's certificate holds for 127.0.0.1 alone
   */
  public static FaultProxy before(ControlPlane controlPlane, InetAddress at) throws IOException {
    var address = controlPlane.listensAt();
    int colon = address.lastIndexOf(':');
    return before(
        new InetSocketAddress(
            address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))),
        at);
  }

  static FaultProxy before(InetSocketAddress target) throws IOException {
    return before(target, InetAddress.getLoopbackAddress());
  }

  private static FaultProxy before(InetSocketAddress target, InetAddress at) throws IOException {
    var server = ServerSocketChannel.open();
    try {
      server.bind(new InetSocketAddress(at, 0), 128);
    } catch (IOException e) {
      server.close();
      throw e;
    }
    var proxy = new FaultProxy(server, target);
    Thread.ofVirtual().name("fault proxy").start(proxy::accept);
    return proxy;
  }

  int port() throws IOException {
    return ((InetSocketAddress) server.getLocalAddress()).getPort();
  }

  /** The API server's URL for the program behind this proxy. */
  public String url() throws IOException {
    var at = (InetSocketAddress) server.getLocalAddress();
    return "https://%s:%d".formatted(at.getAddress().getHostAddress(), at.getPort());
  }

  /** Starts a fault, or ends it with {@link Fault#NONE}. */
  public synchronized void set(Fault next) {
    fault = next;
    if (next == Fault.ABSENT) {
      cut();
    }
    notifyAll();
  }

  /** Ends all connections, and with them every watch. */
  public void cut() {
    open.forEach(FaultProxy::closeQuietly);
  }

  private synchronized Fault fault() {
    return fault;
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        var client = server.accept();
        if (fault() == Fault.ABSENT) {
          client.setOption(StandardSocketOptions.SO_LINGER, 0);
          client.close();
        } else {
          open.add(client);
          Thread.ofVirtual().start(() -> carry(client));
        }
      } catch (IOException e) {
        // The proxy was closed, or a client left while it was accepted.
        continue;
      }
    }
  }

  private void carry(SocketChannel client) {
    try (client;
        var upstream = SocketChannel.open()) {
      open.add(upstream);
      try {
        awaitPassage();
        upstream.connect(target);
        client.setOption(StandardSocketOptions.TCP_NODELAY, true);
        upstream.setOption(StandardSocketOptions.TCP_NODELAY, true);
        var back = Thread.ofVirtual().start(() -> copy(upstream, client));
        copy(client, upstream);
        back.join();
      } finally {
        open.remove(upstream);
      }
    } catch (IOException e) {
      // The API server is away: the client sees its connection closed.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(client);
    }
  }

  private void copy(SocketChannel from, SocketChannel to) {
    var buffer = ByteBuffer.allocate(BUFFER_BYTES);
    try {
      while (from.read(buffer) >= 0) {
        buffer.flip();
        awaitPassage();
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
        buffer.clear();
      }
    } catch (IOException e) {
      // One end is gone, so the other one goes too.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      closeQuietly(from);
      closeQuietly(to);
    }
  }

  private void awaitPassage() throws InterruptedException {
    if (fault() == Fault.SLOW) {
      Thread.sleep(LAG);
    }
    synchronized (this) {
      while (fault == Fault.SILENT) {
        wait();
      }
    }
  }

  private static void closeQuietly(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // It is closed either way.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    set(Fault.ABSENT);
  }
}
