package dev.wiremesh.operator.runtime;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.contract.FieldManagers;
import dev.wiremesh.api.contract.Labels;
import dev.wiremesh.api.contract.LeaseNames;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkStatus;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** An expired gateway Lease, judged by an operator with its own rights. The test is the agent. */
@RequiresKubernetes
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class GatewayLostStatusTest {
  private static final String HERE = "lost-gateway";

  private final OperatorTestCluster cluster;
  private final KubernetesClient client;
  private OperatorRuntime operator;
  private final AtomicInteger renewals = new AtomicInteger();

  GatewayLostStatusTest(ControlPlane controlPlane) throws Exception {
    cluster = new OperatorTestCluster(controlPlane);
    client = cluster.operatorClient();
    operator = start(Duration.ofSeconds(5));
    cluster.namespace(HERE);
  }

  private OperatorRuntime start(Duration lostAfter) throws Exception {
    return OperatorRuntime.start(
        client,
        new OperatorConfig(
            OperatorTestCluster.NAMESPACE,
            new InetSocketAddress("127.0.0.1", 0),
            false,
            "test",
            lostAfter),
        Duration.ofMinutes(10),
        Clock.systemUTC(),
        () -> {});
  }

  @AfterAll
  void stop() {
    operator.close();
    client.close();
    cluster.admin().leases().inNamespace(OperatorTestCluster.NAMESPACE).delete();
    cluster.close();
  }

  @Test
  void connectedIsUnknownWhileTheHomeGatewayIsLost() throws Exception {
    cluster.node("lost-a", "lost", "192.0.2.9");
    cluster.network("lost", "10.69.0.0/24", spec -> {});
    cluster.peer(HERE, "laptop", "lost", peer -> {});
    cluster.awaitPublished(HERE, "laptop");
    cluster.agentsReady("lost");
    connected();
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          renew();
          assertThat(gateway().ready).isEqualTo(true);
        });

    cluster.awaitReason(HERE, "laptop", "Connected", "GatewayLost");
    cluster.awaitReason(HERE, "laptop", "Programmed", "AgentSilent");
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(connectivity(cluster.peer(HERE, "laptop")))
                .isEqualTo(PeerStatus.State.UNKNOWN));
    assertThat(cluster.condition(HERE, "laptop", "Connected"))
        .get()
        .extracting(Condition::getMessage)
        .asString()
        .contains("see whether node lost-a and its wiremesh-agent pod run");
    assertThat(cluster.peer(HERE, "laptop").getStatus().addresses)
        .as("other status stays")
        .isNotEmpty();
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> assertThat(gateway().ready).isEqualTo(false));

    // The next operator restores the conclusion: by itself it would take half an hour.
    operator.close();
    operator = start(Duration.ofMinutes(30));
    cluster.peer(HERE, "phone", "lost", one -> {});
    cluster.awaitPublished(HERE, "phone");
    assertThat(gateway().ready).as("as the operator before concluded").isEqualTo(false);
    cluster.awaitReason(HERE, "laptop", "Connected", "GatewayLost");

    renew();
    connected();
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          renew();
          cluster.agentsReady("lost");
          assertThat(gateway().ready).isEqualTo(true);
          assertThat(connectivity(cluster.peer(HERE, "laptop")))
              .isEqualTo(PeerStatus.State.CONNECTED);
        });
    assertThat(cluster.forbidden()).isEmpty();
  }

  private PeerStatus.@Nullable State connectivity(Peer peer) {
    return requireNonNull(peer.getStatus().connectivity).state;
  }

  private WireGuardNetworkStatus.Gateway gateway() {
    return cluster.network("lost").getStatus().gateways.getFirst();
  }

  private void renew() {
    var lease =
        new LeaseBuilder()
            .withNewMetadata()
            .withNamespace(OperatorTestCluster.NAMESPACE)
            .withName(LeaseNames.agent("lost-a"))
            .addToLabels(Labels.GATEWAY, "shortened")
            .endMetadata()
            .withNewSpec()
            .withHolderIdentity("lost-a")
            .withRenewTime(
                ZonedDateTime.parse("2001-01-01T00:00:00Z").plusSeconds(renewals.incrementAndGet()))
            .endSpec()
            .build();
    cluster.admin().resource(lease).serverSideApply();
  }

  /** Writes what the gateway's agent would. */
  private void connected() {
    var peer = new Peer();
    peer.setMetadata(cluster.peer(HERE, "laptop").getMetadata());
    peer.getMetadata().setManagedFields(null);
    peer.getMetadata().setResourceVersion(null);
    peer.setSpec(null);
    var status = new PeerStatus();
    status.connectivity = new PeerStatus.Connectivity();
    status.connectivity.state = PeerStatus.State.CONNECTED;
    status.connectivity.gateway = "lost-a";
    status.connectivity.since = "2026-01-01T00:00:00Z";
    status.conditions.add(
        ConditionDraft.of(Reason.PEER_HANDSHAKE_FRESH, "A handshake.")
            .since(Instant.parse("2026-01-01T00:00:00Z"), 1));
    peer.setStatus(status);
    cluster
        .admin()
        .resource(peer)
        .subresource("status")
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(FieldManagers.AGENT)
                .withForce(true)
                .build());
  }
}
