package dev.wiremesh.testkit.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.testkit.kubernetes.FaultProxy.Fault;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The fault proxy before a server that echoes bytes. */
final class FaultProxyTest {
  private final ServerSocket server;
  private final FaultProxy proxy;

  FaultProxyTest() throws IOException {
    server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::serve);
    proxy =
        FaultProxy.before(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()));
  }

  private void serve() {
    while (!server.isClosed()) {
      try {
        var client = server.accept();
        Thread.ofVirtual().start(() -> echo(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  private static void echo(Socket client) {
    try (client) {
      client.getInputStream().transferTo(client.getOutputStream());
    } catch (IOException e) {
      // The test closed the connection.
    }
  }

  @AfterEach
  void close() throws IOException {
    proxy.close();
    server.close();
  }

  private Socket connect() throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    socket.setSoTimeout(60_000);
    return socket;
  }

  private static int echoed(Socket socket, int value) throws IOException {
    socket.getOutputStream().write(value);
    return socket.getInputStream().read();
  }

  @Test
  void withoutFaultBytesPassBothWays() throws IOException {
    try (var socket = connect()) {
      assertThat(echoed(socket, 7)).isEqualTo(7);
    }
  }

  @Test
  void slowPathDelaysEachDirection() throws IOException {
    try (var socket = connect()) {
      assertThat(echoed(socket, 1)).isEqualTo(1);
      proxy.set(Fault.SLOW);
      long began = System.nanoTime();
      assertThat(echoed(socket, 2)).isEqualTo(2);
      assertThat(System.nanoTime() - began)
          .isGreaterThanOrEqualTo(FaultProxy.LAG.multipliedBy(2).toNanos());
    }
  }

  @Test
  void silentPathHoldsBytesUntilTheFaultIsOver() throws IOException {
    try (var socket = connect()) {
      assertThat(echoed(socket, 1)).isEqualTo(1);
      proxy.set(Fault.SILENT);
      socket.setSoTimeout(200);
      assertThatThrownBy(() -> echoed(socket, 2)).isInstanceOf(SocketTimeoutException.class);
      proxy.set(Fault.NONE);
      socket.setSoTimeout(60_000);
      assertThat(socket.getInputStream().read()).isEqualTo(2);
    }
  }

  @Test
  void absentServerEndsOldAndNewConnections() throws IOException {
    try (var old = connect()) {
      assertThat(echoed(old, 1)).isEqualTo(1);
      proxy.set(Fault.ABSENT);
      assertEnded(old);
    }
    try (var fresh = connect()) {
      assertEnded(fresh);
    } catch (IOException e) {
      // Reset while it connected.
    }
    proxy.set(Fault.NONE);
    withoutFaultBytesPassBothWays();
  }

  @Test
  void cutEndsConnectionsAndAcceptsNewOnes() throws IOException {
    try (var old = connect()) {
      assertThat(echoed(old, 1)).isEqualTo(1);
      proxy.cut();
      assertEnded(old);
    }
    withoutFaultBytesPassBothWays();
  }

  private static void assertEnded(Socket socket) {
    try {
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    } catch (IOException e) {
      assertThat(e).isNotInstanceOf(SocketTimeoutException.class);
    }
  }
}
