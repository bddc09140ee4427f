package dev.wiremesh.testkit.host;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A relay of TCP and Unix-socket connections from one address to another. Unix sockets belong to no
 * network namespace, so two relays, one at each end of a Unix socket, connect two namespaces.
 *
 * <p>As a program: pairs of {@code LISTEN CONNECT}, each {@code host:port} or a path; prints {@code
 * ready} when all listen.
 *
 * <p>Thread-safe; a virtual thread for each direction of a connection.
 */
public final class Relay implements AutoCloseable {
  private static final int BUFFER_BYTES = 64 * 1024;

  private final ServerSocketChannel server;
  private final SocketAddress target;
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();

  private Relay(ServerSocketChannel server, SocketAddress target) {
    this.server = server;
    this.target = target;
  }

  /** Listens at once; each connection opens one to the target. */
  public static Relay start(String listen, String target) throws IOException {
    var address = parse(listen);
    if (address instanceof UnixDomainSocketAddress unix) {
      Files.deleteIfExists(unix.getPath());
    }
    var server = ServerSocketChannel.open(family(address));
    try {
      server.bind(address, 128);
    } catch (IOException e) {
      server.close();
      throw new IOException("cannot listen on %s: %s".formatted(listen, e.getMessage()), e);
    }
    var relay = new Relay(server, parse(target));
    Thread.ofVirtual().name("relay " + listen).start(relay::accept);
    return relay;
  }

  /** The program for the other end of a Unix socket. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      // Never closed: it lives as long as the program.
      Relay.start(arguments[i], arguments[i + 1]);
    }
    System.out.println("ready");
    Thread.currentThread().join();
  }

  /** The port it listens on, also if any (0) was requested. */
  public int port() throws IOException {
    return ((InetSocketAddress) server.getLocalAddress()).getPort();
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        var client = server.accept();
        open.add(client);
        Thread.ofVirtual().start(() -> carry(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void carry(SocketChannel client) {
    try (client;
        var upstream = SocketChannel.open(family(target))) {
      open.add(upstream);
      upstream.connect(target);
      var back = Thread.ofVirtual().start(() -> copy(upstream, client));
      copy(client, upstream);
      back.join();
      open.remove(upstream);
    } catch (IOException e) {
      // The target does not answer: the client sees its connection closed.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(client);
    }
  }

  private static void copy(SocketChannel from, SocketChannel to) {
    var buffer = ByteBuffer.allocate(BUFFER_BYTES);
    try {
      while (from.read(buffer) >= 0) {
        buffer.flip();
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
        buffer.clear();
      }
      to.shutdownOutput();
    } catch (IOException e) {
      closeQuietly(from);
      closeQuietly(to);
    }
  }

  private static void closeQuietly(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // It is closed either way.
    }
  }

  private static SocketAddress parse(String address) {
    if (address.startsWith("/")) {
      return UnixDomainSocketAddress.of(Path.of(address));
    }
    var colon = address.lastIndexOf(':');
    return new InetSocketAddress(
        address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
  }

  private static ProtocolFamily family(SocketAddress address) {
    if (address instanceof UnixDomainSocketAddress) {
      return StandardProtocolFamily.UNIX;
    }
    return ((InetSocketAddress) address).getAddress() instanceof java.net.Inet6Address
        ? StandardProtocolFamily.INET6
        : StandardProtocolFamily.INET;
  }

  /** Stops listening and ends every connection. */
  @Override
  public void close() throws IOException {
    server.close();
    open.forEach(Relay::closeQuietly);
  }
}
