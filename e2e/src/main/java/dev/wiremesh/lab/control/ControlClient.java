package dev.wiremesh.lab.control;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.wiremesh.lab.cluster.LabDirectory;
import dev.wiremesh.lab.cluster.LabException;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;

/** The client of a running lab's control socket, in another process. */
public final class ControlClient {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final LabDirectory folder;

  public ControlClient(LabDirectory folder) {
    this.folder = folder;
  }

  /** Sends a request and waits for the answer; throws with the lab's message if it refuses. */
  public <T> T ask(Request request, Class<T> answer) {
    if (!folder.isLocked()) {
      throw folder.notUp();
    }
    if (!Files.exists(folder.controlSocket())) {
      throw new LabException(
          "the lab '%s' is still starting, or just ending".formatted(folder.name()));
    }
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(folder.controlSocket()));
      var writer = Channels.newWriter(channel, StandardCharsets.UTF_8);
      writer.write(JSON.writeValueAsString(request) + "\n");
      writer.flush();
      var line = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8)).readLine();
      if (line == null) {
        throw new LabException("the lab '%s' has just ended".formatted(folder.name()));
      }
      var reply = JSON.readTree(line);
      if (reply.hasNonNull("problem")) {
        throw new LabException(reply.get("problem").asText());
      }
      return JSON.treeToValue(reply.get("value"), answer);
    } catch (IOException e) {
      throw new LabException(
          "the lab '%s' does not answer: %s".formatted(folder.name(), e.getMessage()), e);
    }
  }
}
