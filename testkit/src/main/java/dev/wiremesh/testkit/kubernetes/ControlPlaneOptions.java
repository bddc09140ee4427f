package dev.wiremesh.testkit.kubernetes;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The options of a control plane.
 *
 * @param folder for data, keys and logs; must be private to its user
 * @param launcher prefix of each command, for instance to enter a network namespace
 * @param listenAddress of the API server; in its certificate beside loopback
 * @param port of the API server; empty: a free one on loopback
 * @param reachableAt {@code host:port} of the API server for this JVM; empty: where it listens
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
