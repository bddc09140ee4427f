package dev.wiremesh.testkit.kubernetes;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The programs of a control plane.
 *
 * @param origin where they come from, for people
 * @param controllerManager absent where only the API server could be had: then nothing is garbage
 *     collected and no namespace ever finishes its deletion
 */
public record KubernetesBinaries(
    String origin, Path etcd, Path apiServer, Optional<Path> controllerManager) {

  static final String ETCD = "etcd";
  static final String API_SERVER = "kube-apiserver";
  static final String CONTROLLER_MANAGER = "kube-controller-manager";

  /** One sentence that names the choice, and what cannot be shown with it. */
  public String describe() {
    return "Kubernetes from "
        + origin
        + (controllerManager.isPresent()
            ? ""
            : " (no kube-controller-manager there: garbage collection, namespace deletion and"
                + " ServiceAccount defaults cannot be shown)");
  }
}
