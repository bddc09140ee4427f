package dev.wiremesh.lab.torture;

import dev.wiremesh.api.contract.Labels;
import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.lab.cluster.ClusterNames;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Removes the objects of a run.
 *
 * @param prefix of all names that the run gave
 * @param laptops the namespace of the laptops' Peers
 * @param manifests the number of hostile manifests
 */
record TortureCleanup(
    KubernetesClient client, StormScope scope, String prefix, String laptops, int manifests) {
  private static final int PASSES = 20;

  /** Returns when the operator has released all that it keeps for a while. */
  void remove() {
    IntStream.range(0, manifests)
        .mapToObj(i -> prefix + "-h" + i)
        .forEach(name -> client.resources(WireGuardNetwork.class).withName(name).delete());
    client.resources(Peer.class).inNamespace(laptops).delete();
    client.namespaces().withName(laptops).delete();
    Storm.cleanUp(client, scope);
    try {
      // An address that the operator was about to release comes back once more.
      for (int pass = 0; pass < PASSES && removeKept() > 0; pass++) {
        TimeUnit.MILLISECONDS.sleep(500);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Removes the addresses, Secrets and claims that the operator keeps for a day; counts them. */
  private int removeKept() {
    int removed = 0;
    for (var allocation : client.resources(IPAllocation.class).list().getItems()) {
      var owner = allocation.getSpec().owner;
      boolean isOurs =
          isOurs(allocation.getSpec().network)
              || isOurs(owner.namespace)
              || isOurs(owner.name.substring(owner.name.indexOf('.') + 1));
      if (isOurs) {
        client.resource(allocation).delete();
        removed++;
      }
    }
    for (var secret : client.secrets().inNamespace(ClusterNames.NAMESPACE).list().getItems()) {
      var labels = secret.getMetadata().getLabels();
      if (labels != null && isOurs(labels.get(Labels.NETWORK))) {
        client.resource(secret).delete();
        removed++;
      }
    }
    for (var claim :
        client
            .leases()
            .inNamespace(ClusterNames.NAMESPACE)
            .withLabel(Labels.CLAIM)
            .list()
            .getItems()) {
      if (isOurs(claim.getSpec().getHolderIdentity())) {
        client.resource(claim).delete();
        removed++;
      }
    }
    return removed;
  }

  private boolean isOurs(@Nullable String name) {
    return name != null && name.startsWith(prefix + "-");
  }
}
