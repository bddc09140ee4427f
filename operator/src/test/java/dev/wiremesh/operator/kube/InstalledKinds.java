package dev.wiremesh.operator.kube;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The shipped CRDs on a test's API server. */
public final class InstalledKinds {
  private static final Path CRDS = Path.of("../helm/wiremesh/crds");
  private static final int PATIENCE_SECONDS = 90;

  private InstalledKinds() {}

  /**
   * Applies one CRD and waits until the API server serves its kind.
   *
   * @param file such as {@code peers.yaml}
   */
  public static void install(KubernetesClient client, String file) throws IOException {
    var crd =
        Serialization.unmarshal(
            Files.readString(CRDS.resolve(file)), CustomResourceDefinition.class);
    client.resource(crd).serverSideApply();
    client
        .resource(crd)
        .waitUntilCondition(InstalledKinds::isEstablished, PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private static boolean isEstablished(CustomResourceDefinition crd) {
    return crd != null
        && crd.getStatus() != null
        && crd.getStatus().getConditions() != null
        && crd.getStatus().getConditions().stream()
            .anyMatch(condition ->
                condition.getType().equals("Established") && condition.getStatus().equals("True"));
  }
}
