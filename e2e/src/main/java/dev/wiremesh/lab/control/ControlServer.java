package dev.wiremesh.lab.control;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.wiremesh.lab.cluster.HostRequest;
import dev.wiremesh.lab.cluster.Lab;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * The server of the control socket: a Unix socket in the lab's directory, which only its user can
 * enter.
 *
 * <p>Thread-safe; a virtual thread per connection.
 */
public final class ControlServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Lab lab;
  private final ServerSocketChannel server;
  private final CountDownLatch downRequested = new CountDownLatch(1);

  /** Listens at once. */
  public ControlServer(Lab lab) throws IOException {
    this.lab = lab;
    this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(lab.folder().controlSocket()));
    Thread.ofVirtual().start(this::accept);
  }

  /** Returns after a request for the end of the lab. */
  public void awaitDown() throws InterruptedException {
    downRequested.await();
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        var client = server.accept();
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(SocketChannel client) {
    try (client) {
      var reader = new BufferedReader(Channels.newReader(client, StandardCharsets.UTF_8));
      var line = reader.readLine();
      if (line == null) {
        return;
      }
      var request = JSON.readValue(line, Request.class);
      Reply reply;
      try {
        reply = Reply.of(answer(request));
      } catch (RuntimeException e) {
        reply = Reply.problem(String.valueOf(e.getMessage()));
      }
      var writer = Channels.newWriter(client, StandardCharsets.UTF_8);
      writer.write(JSON.writeValueAsString(reply) + "\n");
      writer.flush();
      if (request.command() == Request.Command.DOWN) {
        downRequested.countDown();
      }
    } catch (IOException e) {
      // The client closed the connection, or sent no request.
      return;
    }
  }

  private Object answer(Request request) {
    return switch (request.command()) {
      case STATUS -> lab.report();
      case MACHINE -> new Request.Machine(lab.machine(request.argument("name")).keeperPid());
      case ADD_HOST -> addHost(request);
      case REMOVE_HOST -> {
        lab.removeHost(request.argument("name"));
        yield Map.of();
      }
      case RESTART -> {
        lab.restart(request.argument("name"));
        yield Map.of();
      }
      case API_OUTAGE -> apiOutage(Long.parseLong(request.argument("milliseconds")));
      case DOWN -> Map.of();
    };
  }

  private Map<String, String> apiOutage(long milliseconds) {
    lab.killApiServer();
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    lab.startApiServer();
    return Map.of();
  }

  private Request.NewHost addHost(Request request) {
    var lan = request.argument("lan");
    var host =
        lab.addHost(
            new HostRequest(
                request.argument("name"),
                request.argument("peer"),
                HostRequest.Implementation.of(request.argument("with")),
                Boolean.parseBoolean(request.argument("nat")),
                lan.isEmpty() ? Optional.empty() : Optional.of(HostRequest.Lan.of(lan))));
    return new Request.NewHost(
        host.addresses(), host.machines().stream().map(machine -> machine.name()).toList());
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  /** An answer, or the problem as a sentence. */
  record Reply(@Nullable Object value, @Nullable String problem) {
    static Reply of(Object value) {
      return new Reply(value, null);
    }

    static Reply problem(String sentence) {
      return new Reply(null, sentence);
    }
  }
}
