package dev.wiremesh.agent;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.agent.host.NodeCleanup;
import dev.wiremesh.agent.report.ApiReporter;
import dev.wiremesh.agent.report.StatusWriter;
import dev.wiremesh.agent.uninstall.ChartUninstall;
import dev.wiremesh.agent.uninstall.Uninstall;
import dev.wiremesh.agent.watch.LocalNetworks.LeaseHolder;
import dev.wiremesh.api.UninstallRequest;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node's name may have 253 characters; much that is made of it may not. */
@RequiresKubernetes
final class LongestNodeNameTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String BEGINNING = ("n".repeat(49) + ".").repeat(5);
  private static final String NODE = BEGINNING + "abc";
  private static final String OTHER = BEGINNING + "abd";

  private final ControlPlane controlPlane;
  @AutoClose private final AgentTestCluster cluster;

  LongestNodeNameTest(ControlPlane controlPlane) throws IOException {
    this.controlPlane = controlPlane;
    cluster = new AgentTestCluster(controlPlane);
  }

  @Test
  void gatewaysRenewTheirOwnLeases() {
    try (var agent = agentOf(NODE);
        var other = agentOf(OTHER);
        var writer = new StatusWriter();
        var othersWriter = new StatusWriter()) {
      var reporter = reporter(agent, writer);
      var others = reporter(other, othersWriter);
      reporter.renewLease(new LeaseHolder(NODE, "", true), Instant.parse("2026-01-01T00:00:00Z"));
      others.renewLease(new LeaseHolder(OTHER, "", true), Instant.parse("2026-01-01T00:00:00Z"));
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(leases()).containsOnlyKeys(NODE, OTHER));

      reporter.renewLease(new LeaseHolder(NODE, "", true), Instant.parse("2026-01-01T00:00:09Z"));
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(requireNonNull(leases().get(NODE)).getSpec().getRenewTime().getSecond())
                  .isEqualTo(9));
      var name = requireNonNull(leases().get(NODE)).getMetadata().getName();
      for (var holder : List.of(NODE, OTHER)) {
        assertThatThrownBy(
                () -> other.resource(lease(name, holder)).forceConflicts().serverSideApply())
            .isInstanceOf(KubernetesClientException.class)
            .hasMessageContaining("may renew the Lease");
      }
    }
  }

  @Test
  void uninstallIsReported(@TempDir Path folder) throws IOException {
    var mark =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withNamespace(AgentTestCluster.NAMESPACE)
            .withName(UninstallRequest.NAME)
            .endMetadata()
            .withData(UninstallRequest.askingUntil(Instant.now().plus(PATIENCE)))
            .build();
    cluster.client().resource(mark).create();
    try (var agent = agentOf(NODE);
        var writer = new StatusWriter();
        var netlink = Rtnetlink.open();
        var uninstall =
            new ChartUninstall(
                agent,
                AgentTestCluster.NAMESPACE,
                NODE,
                new NodeCleanup(netlink, folder),
                writer,
                Clock.systemUTC(),
                () -> {})) {
      await().atMost(PATIENCE).until(() -> uninstall.request() == Uninstall.Request.CLEAN);
      uninstall.report(new Uninstall.CleanupResult.Clean(0));
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(cluster.client().resource(mark).get().getData())
                  .containsEntry(NODE, "clean, removed 0"));
      await().atMost(PATIENCE).until(() -> uninstall.request() == Uninstall.Request.NONE);
    } finally {
      cluster.delete(mark);
    }
  }

  private static Lease lease(String name, String holder) {
    return new LeaseBuilder()
        .withNewMetadata()
        .withNamespace(AgentTestCluster.NAMESPACE)
        .withName(name)
        .addToLabels("wiremesh.dev/gateway", "node")
        .endMetadata()
        .withNewSpec()
        .withHolderIdentity(holder)
        .endSpec()
        .build();
  }

  private Map<String, Lease> leases() {
    return cluster
        .client()
        .leases()
        .inNamespace(AgentTestCluster.NAMESPACE)
        .withLabel("wiremesh.dev/gateway")
        .list()
        .getItems()
        .stream()
        .collect(toMap(lease -> lease.getSpec().getHolderIdentity(), lease -> lease));
  }

  private KubernetesClient agentOf(String node) {
    var kubeconfig = cluster.agentKubeconfig(node, controlPlane.server());
    return new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(kubeconfig)).build();
  }

  private static ApiReporter reporter(KubernetesClient client, StatusWriter writer) {
    return new ApiReporter(
        client, AgentTestCluster.NAMESPACE, writer, writer, "1.2.3", Instant.EPOCH);
  }
}
