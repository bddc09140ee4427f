package dev.wiremesh.lab.cluster;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The root directory of launcher, CRDs, roles and examples: a checkout or a package. */
public record Checkout(Path root) {

  /** {@code $WIREMESH_HOME}, else the nearest parent of the working directory with a launcher. */
  public static Checkout find(Map<String, String> environment) {
    var configured = environment.getOrDefault("WIREMESH_HOME", "");
    if (!configured.isBlank()) {
      return new Checkout(Path.of(configured));
    }
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.isExecutable(at.resolve("bin/wiremesh"))) {
        return new Checkout(at);
      }
    }
    throw new LabException(
        "not in a checkout of Wiremesh: there is no bin/wiremesh upwards of here");
  }

  Path launcher() {
    return root.resolve("bin/wiremesh");
  }

  Path crds() {
    return root.resolve("helm/wiremesh/crds");
  }

  Path roles() {
    return root.resolve("helm/wiremesh/files/rbac");
  }

  Path admission() {
    return root.resolve("helm/wiremesh/files/admission");
  }

  /** The example that a new lab starts with. */
  public Path quickstart() {
    return example("quickstart");
  }

  /** A folder of {@code examples/}. */
  public Path example(String name) {
    return root.resolve("examples").resolve(name);
  }
}
