package dev.wiremesh.testkit.kubernetes;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where and how a control plane runs.
 *
 * @param folder gets data, keys and logs; must be private to its user
 * @param launcher goes before each command, for instance to enter a network namespace
 * @param listenAddress where the API server listens; the address of its certificate beside loopback
 * @param port of the API server; empty: a free one on loopback
 * @param reachableAt where this JVM reaches the API server, {@code host:port}; empty: where it
 *     listens
 */
public record ControlPlaneOptions(
    Path folder,
    List<String> launcher,
    String listenAddress,
    Optional<Integer> port,
    Optional<String> reachableAt,
    String serviceCidr,
    String podCidr) {

  public ControlPlaneOptions {
    launcher = List.copyOf(launcher);
  }

  /** On this machine's loopback, on free ports. */
  public static ControlPlaneOptions onLoopback(Path folder) {
    return new ControlPlaneOptions(
        folder,
        List.of(),
        "127.0.0.1",
        Optional.empty(),
        Optional.empty(),
        "10.96.0.0/16",
        "10.244.0.0/16");
  }
}
