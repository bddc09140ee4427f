package dev.wiremesh.testkit.kubernetes;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The programs of a control plane.
 *
 * @param origin their source, as the end of the sentence "Kubernetes from ..."
 * @param controllerManager absent if only the API server was found: then there is no garbage
 *     collection, and a namespace never finishes its deletion
 */
public record KubernetesBinaries(
    String origin, Path etcd, Path apiServer, Optional<Path> controllerManager) {

  static final String ETCD = "etcd";
  static final String API_SERVER = "kube-apiserver";
  static final String CONTROLLER_MANAGER = "kube-controller-manager";

  /** One sentence that names the source, and the features that are missing with it. */
  public String describe() {
    return "Kubernetes from "
        + origin
        + (controllerManager.isPresent()
            ? ""
            : " (no kube-controller-manager there: garbage collection, namespace deletion and"
                + " ServiceAccount defaults cannot be shown)");
  }
}
