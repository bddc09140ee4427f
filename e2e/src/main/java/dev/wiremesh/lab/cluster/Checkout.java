package dev.wiremesh.lab.cluster;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Where the launcher, the CRDs, the roles and the examples are: a checkout, or a package. */
public record Checkout(Path root) {

  /** The launcher says; else the nearest folder upwards from the working folder that has it. */
  public static Checkout find(Map<String, String> environment) {
    var told = environment.getOrDefault("WIREMESH_HOME", "");
    if (!told.isBlank()) {
      return new Checkout(Path.of(told));
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
    return root.resolve("examples/quickstart");
  }
}
