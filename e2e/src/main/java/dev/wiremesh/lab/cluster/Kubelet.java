package dev.wiremesh.lab.cluster;

import io.fabric8.kubernetes.api.model.NodeAddressBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stand-in for a node's kubelet: registers the Node, and renews its conditions and its Lease, so
 * that the node stays Ready.
 *
 * <p>Called by one thread.
 */
final class Kubelet {
  private static final Logger LOG = LoggerFactory.getLogger(Kubelet.class);
  private static final String LEASES = "kube-node-lease";
  private static final int LEASE_SECONDS = 40;
  private static final Duration STATUS_EVERY = Duration.ofMinutes(5);
  private static final PatchContext APPLY =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager("wiremesh-lab-kubelet")
          .withForce(true)
          .build();

  private final KubernetesClient client;
  private final Clock clock;
  private final String name;
  private final String address;
  private final String podCidr;
  private ZonedDateTime statusWritten;

  Kubelet(KubernetesClient client, Clock clock, String name, String address, String podCidr) {
    this.client = client;
    this.clock = clock;
    this.name = name;
    this.address = address;
    this.podCidr = podCidr;
    this.statusWritten = now().minus(STATUS_EVERY);
  }

  /** Creates the Node with the condition Ready. */
  void register() {
    client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(Map.of("kubernetes.io/hostname", name, "kubernetes.io/os", "linux"))
                .endMetadata()
                .withNewSpec()
                .withPodCIDR(podCidr)
                .withPodCIDRs(podCidr)
                .endSpec()
                .build())
        .patch(APPLY);
    writeStatus();
    // The Lease's namespace may not exist yet in a new cluster; then the next heartbeat creates it.
    heartbeat();
  }

  /** Renews the Lease and the status; called every ten seconds. A failure is only logged. */
  void heartbeat() {
    try {
      renewLease();
      if (Duration.between(statusWritten, now()).compareTo(STATUS_EVERY) >= 0) {
        writeStatus();
      }
    } catch (KubernetesClientException e) {
      LOG.atWarn()
          .addKeyValue("node", name)
          .addKeyValue("cause", e.getMessage())
          .log("A node's heartbeat did not reach the API server");
    }
  }

  private void writeStatus() {
    var time = timestamp(clock.instant());
    client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewStatus()
                .withAddresses(
                    new NodeAddressBuilder().withType("InternalIP").withAddress(address).build(),
                    new NodeAddressBuilder().withType("Hostname").withAddress(name).build())
                .withConditions(
                    new NodeConditionBuilder()
                        .withType("Ready")
                        .withStatus("True")
                        .withReason("KubeletReady")
                        .withMessage("the lab keeps this node")
                        .withLastHeartbeatTime(time)
                        .withLastTransitionTime(time)
                        .build())
                .endStatus()
                .build())
        .subresource("status")
        .patch(APPLY);
    statusWritten = now();
  }

  private void renewLease() {
    var node = client.nodes().withName(name).get();
    if (node == null) {
      return;
    }
    client
        .resource(
            new LeaseBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(LEASES)
                .withOwnerReferences(
                    new OwnerReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Node")
                        .withName(name)
                        .withUid(node.getMetadata().getUid())
                        .build())
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity(name)
                .withLeaseDurationSeconds(LEASE_SECONDS)
                .withRenewTime(now())
                .endSpec()
                .build())
        .patch(APPLY);
  }

  /** A timestamp of RFC 3339 with seconds, also if these are zero. */
  static String timestamp(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private ZonedDateTime now() {
    return clock.instant().atZone(ZoneOffset.UTC);
  }
}
