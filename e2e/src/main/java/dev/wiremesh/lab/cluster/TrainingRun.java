package dev.wiremesh.lab.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Map;

/** The first steps of a lab's start, against an API server that does not exist. */
public final class TrainingRun {
  private TrainingRun() {}

  /** Reads the manifests of a start and tries to apply them; leaves nothing behind. */
  public static void run(Map<String, String> environment) {
    var checkout = Checkout.find(environment);
    var unreachable =
        new ConfigBuilder(Config.empty())
            .withMasterUrl("https://127.0.0.1:1")
            .withRequestRetryBackoffLimit(0)
            .build();
    try (var client = new KubernetesClientBuilder().withConfig(unreachable).build()) {
      for (var path :
          List.of(checkout.roles(), checkout.crds(), checkout.admission(), checkout.quickstart())) {
        Manifests.check(path);
        try {
          new Manifests(client).apply(path);
        } catch (KubernetesClientException | LabException _) {
          // Expected: no API server answers.
        }
      }
    }
  }
}
