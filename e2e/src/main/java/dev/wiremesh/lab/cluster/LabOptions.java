package dev.wiremesh.lab.cluster;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The options of {@code lab up}.
 *
 * @param apply manifests for the new cluster; empty: the quickstart
 * @param apiPort on this shell's loopback; empty: a free one
 */
public record LabOptions(
    LabDirectory folder, int nodes, List<Path> apply, Optional<Integer> apiPort) {
  /** The number of a node is part of one byte of its underlay address. */
  static final int MOST_NODES = 64;

  public LabOptions {
    apply = List.copyOf(apply);
    if (nodes < 1 || nodes > MOST_NODES) {
      throw new LabException("a lab has 1 to " + MOST_NODES + " nodes, not " + nodes);
    }
    apiPort
        .filter(port -> port < 1 || port > 65535)
        .ifPresent(port -> {
          throw new LabException("the API server's port is one of 1 to 65535, not " + port);
        });
  }
}
