package dev.wiremesh.operator.install;

import dev.wiremesh.api.contract.Labels;
import dev.wiremesh.api.contract.LeaseNames;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * End of the operators, since a running one creates its Lease anew, and deletion of the Leases,
 * which Helm did not create and so does not delete: the operators', the agents', and those that
 * claim device parameters. The claims are made again from the gateway Secrets.
 */
final class LeaseRemoval {
  /** Name of the operators' Deployment. */
  private static final String DEPLOYMENT = "wiremesh-operator";

  private static final String NO_REPLICAS = "{\"spec\":{\"replicas\":0}}";
  private static final Duration POLL = Duration.ofSeconds(1);

  private final KubernetesClient client;
  private final String namespace;
  private final AgentPods pods;
  private final Consumer<String> say;

  LeaseRemoval(KubernetesClient client, String namespace, AgentPods pods, Consumer<String> say) {
    this.client = client;
    this.namespace = namespace;
    this.pods = pods;
    this.say = say;
  }

  /** Changes nothing; throws what the API server answers to the scaling. */
  void tryToEndOperators() {
    try {
      scale(true);
    } catch (KubernetesClientException e) {
      // Without a Deployment there is nothing to end.
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
    }
  }

  /** Changes nothing; throws what the API server answers to the deletions. */
  void tryToDelete() {
    var leases = client.leases().inNamespace(namespace);
    for (var name : names()) {
      var _ = leases.withName(name).dryRun().delete();
    }
  }

  /** Removes them. A failure is printed and ignored: the nodes are clean by now. */
  void run(Duration patience) throws InterruptedException {
    try {
      scale(false);
      long deadline = System.nanoTime() + patience.toNanos();
      while (!pods.of("operator").isEmpty()) {
        if (System.nanoTime() - deadline > 0) {
          say.accept(
              "Operators still run, and may make their Lease " + LeaseNames.OPERATOR + " anew.");
          break;
        }
        say.accept("The operators end.");
        Thread.sleep(POLL);
      }
      var leases = client.leases().inNamespace(namespace);
      names().forEach(name -> leases.withName(name).delete());
      say.accept("The Leases of operators, gateways and networks are gone.");
    } catch (KubernetesClientException e) {
      say.accept("Leases may be left in namespace " + namespace + ": " + e.getMessage());
    }
  }

  private void scale(boolean dryRun) {
    client
        .apps()
        .deployments()
        .inNamespace(namespace)
        .withName(DEPLOYMENT)
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.JSON_MERGE)
                .withDryRun(dryRun ? List.of("All") : List.of())
                .build(),
            NO_REPLICAS);
  }

  private List<String> names() {
    var names = new ArrayList<String>();
    names.add(LeaseNames.OPERATOR);
    for (var label : List.of(Labels.GATEWAY, Labels.CLAIM)) {
      client.leases().inNamespace(namespace).withLabel(label).list().getItems().stream()
          .map(lease -> lease.getMetadata().getName())
          .forEach(names::add);
    }
    return names;
  }
}
