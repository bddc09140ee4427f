package dev.wiremesh.lab.cluster;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Relay;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Port forwards from this shell's loopback into the lab: to the API server and to each program's
 * metrics. One small JVM in the control plane's namespace is the other end of all of them.
 */
final class PortForwards implements AutoCloseable {
  /** The name of the API server's port forward. */
  static final String API = "api";

  private final List<Relay> near = new ArrayList<>();
  private final Map<String, String> addresses = new LinkedHashMap<>();
  private final ManagedProcess far;

  /**
   * Opens the ports.
   *
   * @param targets {@code host:port} in the lab, by name
   * @param apiPort the local port of {@link #API}; empty: a free one
   */
  PortForwards(
      Host control, LabDirectory folder, Map<String, String> targets, Optional<Integer> apiPort)
      throws IOException {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx48m",
                "-cp",
                ownJar(),
                Relay.class.getName()));
    try {
      for (var target : targets.entrySet()) {
        var socket = folder.path().resolve("to-" + target.getKey()).toString();
        command.add(socket);
        command.add(target.getValue());
        var port = target.getKey().equals(API) ? apiPort.orElse(0) : 0;
        var relay = Relay.start("127.0.0.1:" + port, socket);
        near.add(relay);
        addresses.put(target.getKey(), "127.0.0.1:" + relay.port());
      }
      far = control.start("relay", command, Map.of(), folder.logs().resolve("relay.log"));
    } catch (IOException | RuntimeException e) {
      closeNear();
      throw e;
    }
  }

  /** {@code host:port} on this shell's loopback. */
  String address(String target) {
    var address = addresses.get(target);
    if (address == null) {
      throw new IllegalArgumentException("no port forward to " + target);
    }
    return address;
  }

  /** The class path of the relay, which uses nothing but the JDK. */
  private static String ownJar() {
    return Path.of(
            URI.create(Relay.class.getProtectionDomain().getCodeSource().getLocation().toString()))
        .toString();
  }

  private void closeNear() throws IOException {
    for (var relay : near) {
      relay.close();
    }
  }

  @Override
  public void close() throws IOException {
    far.kill();
    closeNear();
  }
}
