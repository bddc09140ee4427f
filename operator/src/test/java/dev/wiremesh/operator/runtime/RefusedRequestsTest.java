package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.testkit.junit.ConcurrentClass;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Requests that the API server refuses, by quotas, immutable Secrets, admission policies of others
 * and missing rights: the object says so in the API server's words, a Warning follows, and all is
 * well again without help once the cause is gone.
 *
 * <p>Takes a minute: retries back off.
 */
@RequiresKubernetes(own = true)
@ConcurrentClass
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RefusedRequestsTest {
  private final OperatorTestCluster cluster;
  private final OperatorDenials denials;
  private final KubernetesClient client;
  private final OperatorRuntime operator;
  private final AtomicReference<Duration> passed = new AtomicReference<>(Duration.ZERO);

  RefusedRequestsTest(ControlPlane controlPlane) throws Exception {
    cluster = new OperatorTestCluster(controlPlane);
    denials = new OperatorDenials(cluster.admin());
    client = cluster.operatorClient();
    InstantSource time = () -> Instant.now().plus(passed.get());
    operator = cluster.start("test", client, Duration.ofMinutes(10), time.withZone(ZoneOffset.UTC));
    cluster.node("refused-a", "refused", "192.0.2.1");
    cluster.network("refused", "10.83.0.0/24", spec -> spec.addressReuseAfter = "0s");
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  @Test
  void quotaOnSecretsIsToldByThePeerAndHealsWithoutHelp() throws Exception {
    cluster.namespace("quota");
    cluster.namespace("no-quota");
    quota("quota");
    cluster.peer("quota", "laptop", "refused", peer -> {});
    cluster.peer("no-quota", "laptop", "refused", peer -> {});

    cluster.awaitReason("quota", "laptop", "KeyReady", "RequestRefused");
    assertThat(message("quota", "laptop", "KeyReady"))
        .startsWith("The API server refuses a request: secrets \"laptop-wiremesh\" is forbidden:")
        .contains("exceeded quota: no-secrets, requested: secrets=1, used: secrets=0");
    cluster.awaitReason("quota", "laptop", "Ready", "RequestRefused");
    cluster.awaitReason("quota", "laptop", "Programmed", "RequestRefused");
    assertThat(cluster.condition("quota", "laptop", "AddressAllocated"))
        .get()
        .extracting(Condition::getStatus)
        .isEqualTo("True");
    cluster.awaitPublished("no-quota", "laptop");

    cluster.editPeer("quota", "laptop", peer -> peer.getSpec().persistentKeepalive = "7s");
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          var peer = cluster.peer("quota", "laptop");
          assertThat(peer.getMetadata().getGeneration()).isEqualTo(2);
          assertThat(peer.getStatus().observedGeneration).isEqualTo(2);
        });
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(
            () -> assertThat(metric("wiremesh_failing_objects{kind=\"peer\"}")).isPositive());
    assertThat(warnings("quota", "laptop")).as("a Warning waits for 30 s").isEmpty();
    passed.set(passed.get().plusSeconds(31));
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(
            () -> assertThat(warnings("quota", "laptop")).containsExactly("RequestRefused"));

    cluster.admin().resourceQuotas().inNamespace("quota").delete();
    cluster.awaitPublished("quota", "laptop");
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(
            () -> assertThat(metric("wiremesh_failing_objects{kind=\"peer\"}")).isZero());
  }

  @Test
  void immutableSecretIsToldByThePeerWhoseEarlierConfigurationStays() {
    cluster.namespace("immutable");
    cluster.peer("immutable", "laptop", "refused", peer -> {});
    cluster.awaitPublished("immutable", "laptop");
    var key = cluster.peer("immutable", "laptop").getStatus().publicKey;
    var secret = cluster.secret("immutable", "laptop-wiremesh").orElseThrow();
    cluster
        .admin()
        .resource(secret)
        .edit(one -> new SecretBuilder(one).withImmutable(true).build());

    cluster.editPeer("immutable", "laptop", peer -> peer.getSpec().persistentKeepalive = "7s");

    cluster.awaitReason("immutable", "laptop", "ConfigPublished", "RequestRefused");
    assertThat(message("immutable", "laptop", "ConfigPublished"))
        .contains("field is immutable when `immutable` is set");
    assertThat(cluster.condition("immutable", "laptop", "KeyReady"))
        .get()
        .extracting(Condition::getStatus)
        .isEqualTo("True");
    var status = cluster.peer("immutable", "laptop").getStatus();
    assertThat(status.publicKey).as("the peer stays connected").isEqualTo(key);
    assertThat(status.observedGeneration).isEqualTo(2);

    var copy =
        new SecretBuilder(secret)
            .editMetadata()
            .withResourceVersion(null)
            .withUid(null)
            .withManagedFields()
            .endMetadata()
            .build();
    cluster.admin().resource(secret).delete();
    cluster.admin().resource(copy).serverSideApply();
    cluster.awaitPublished("immutable", "laptop");
  }

  @Test
  void policyOfOthersAgainstSecretsIsQuoted() {
    cluster.namespace("policy");
    denials.deny("secrets-of-policy", "secrets", "CREATE", "request.namespace == 'policy'");
    cluster.peer("policy", "laptop", "refused", peer -> {});

    cluster.awaitReason("policy", "laptop", "KeyReady", "RequestRefused");
    assertThat(message("policy", "laptop", "KeyReady")).contains("company rule secrets-of-policy");

    denials.allow("secrets-of-policy");
    cluster.awaitPublished("policy", "laptop");
  }

  @Test
  void policyOfOthersAgainstAddressesIsQuoted() {
    cluster.namespace("address");
    denials.deny(
        "addresses-of-address",
        "ipallocations",
        "CREATE",
        "object.spec.owner.?namespace.orValue('') == 'address'");
    cluster.peer("address", "laptop", "refused", peer -> {});

    cluster.awaitReason("address", "laptop", "AddressAllocated", "RequestRefused");
    assertThat(message("address", "laptop", "AddressAllocated"))
        .contains("company rule addresses-of-address");
    cluster.awaitReason("address", "laptop", "Programmed", "RequestRefused");

    denials.allow("addresses-of-address");
    cluster.awaitPublished("address", "laptop");
  }

  @Test
  void addressThatMayNotBeDeletedSaysSoUntilItMay() {
    cluster.namespace("deletion");
    cluster.peer("deletion", "laptop", "refused", peer -> {});
    cluster.awaitPublished("deletion", "laptop");
    var address = cluster.peer("deletion", "laptop").getStatus().addresses.getFirst();
    denials.deny(
        "deletions",
        "ipallocations",
        "DELETE",
        "oldObject.spec.owner.?namespace.orValue('') == 'deletion'");
    cluster.deletePeer("deletion", "laptop");

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(allocation(address))
                .get()
                .satisfies(one -> {
                  assertThat(one.getStatus().releasedAt).isNotNull();
                  assertThat(one.getStatus().conditions)
                      .singleElement()
                      .satisfies(ready -> {
                        assertThat(ready.getReason()).isEqualTo("RequestRefused");
                        assertThat(ready.getMessage()).contains("company rule deletions");
                      });
                }));

    denials.allow("deletions");
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> assertThat(allocation(address)).isEmpty());
  }

  @Test
  void refusedStatusIsAWarningAtLeast() {
    cluster.namespace("status");
    denials.deny("statuses", "peers/status", "UPDATE", "request.namespace == 'status'");
    cluster.peer("status", "laptop", "refused", peer -> {});
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> assertThat(cluster.secret("status", "laptop-wiremesh")).isPresent());

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          passed.set(passed.get().plusSeconds(31));
          assertThat(warnings("status", "laptop")).containsExactly("RequestRefused");
        });

    denials.allow("statuses");
    cluster.awaitPublished("status", "laptop");
  }

  @Test
  void missingRightIsTold() {
    cluster.namespace("rights");
    var role = cluster.admin().rbac().clusterRoles().withName("wiremesh-operator");
    var shipped = role.get();
    role.edit(one -> {
      one.getRules().removeIf(rule -> rule.getResources().contains("secrets"));
      return one;
    });
    try {
      awaitDenied();
      cluster.peer("rights", "laptop", "refused", peer -> {});
      cluster.awaitReason("rights", "laptop", "KeyReady", "RequestRefused");
      assertThat(message("rights", "laptop", "KeyReady"))
          .contains("User \"" + OperatorDenials.OPERATOR + "\" cannot get resource \"secrets\"");
    } finally {
      shipped.getMetadata().setResourceVersion(null);
      shipped.getMetadata().setManagedFields(null);
      cluster.admin().resource(shipped).forceConflicts().serverSideApply();
    }
    cluster.awaitPublished("rights", "laptop");
  }

  @Test
  void networkAndItsNodesTellThatTheirSecretsAreRefused() {
    denials.deny(
        "secrets-of-networks",
        "secrets",
        "CREATE",
        "object.metadata.?labels['wiremesh.dev/network'].orValue('') == 'denied'");
    cluster.node("denied-a", "denied", "192.0.2.2");
    cluster.network("denied", "10.84.0.0/24", spec -> {});

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          var network = cluster.network("denied").getStatus().conditions;
          assertThat(Conditions.find(network, ConditionType.ACCEPTED))
              .get()
              .satisfies(this::isTheRuleOfNetworks);
          assertThat(Conditions.find(network, ConditionType.READY))
              .get()
              .satisfies(this::isTheRuleOfNetworks);
          assertThat(
                  Conditions.find(
                      cluster.meshNodes("denied").getFirst().getStatus().conditions,
                      ConditionType.PROVISIONED))
              .get()
              .satisfies(this::isTheRuleOfNetworks);
        });

    denials.allow("secrets-of-networks");
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          assertThat(
                  Conditions.isTrue(
                      cluster.network("denied").getStatus().conditions, ConditionType.ACCEPTED))
              .isTrue();
          assertThat(
                  Conditions.isTrue(
                      cluster.meshNodes("denied").getFirst().getStatus().conditions,
                      ConditionType.PROVISIONED))
              .isTrue();
        });
  }

  @Test
  void nodeThatMayNotJoinIsNamedByTheNetworkAndTheOthersJoin() {
    denials.deny(
        "nodes",
        "meshnodes",
        "CREATE",
        "object.metadata.name == 'joining.joining-b' && request.resource.resource == 'meshnodes'");
    for (var node : List.of("a", "b", "c")) {
      cluster.node("joining-" + node, "joining", "192.0.2.3");
    }
    cluster.network("joining", "10.85.0.0/24", spec -> {});

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          assertThat(
                  Conditions.find(
                      cluster.network("joining").getStatus().conditions,
                      ConditionType.AGENTS_READY))
              .get()
              .satisfies(condition -> {
                assertThat(condition.getReason()).isEqualTo("RequestRefused");
                assertThat(condition.getMessage())
                    .contains("company rule nodes")
                    .contains("joining.joining-b");
              });
          assertThat(cluster.meshNodes("joining")).hasSize(2);
        });

    denials.allow("nodes");
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> assertThat(cluster.meshNodes("joining")).hasSize(3));
  }

  private void isTheRuleOfNetworks(Condition condition) {
    assertThat(condition.getReason()).isEqualTo("RequestRefused");
    assertThat(condition.getMessage()).contains("company rule secrets-of-networks");
  }

  private String message(String namespace, String peer, String type) {
    return cluster.condition(namespace, peer, type).orElseThrow().getMessage();
  }

  private Optional<IPAllocation> allocation(String address) {
    return cluster.allocations("refused").stream()
        .filter(one -> one.getSpec().address.equals(address))
        .findFirst();
  }

  private List<String> warnings(String namespace, String about) {
    return cluster.admin().v1().events().inNamespace(namespace).list().getItems().stream()
        .filter(event -> event.getInvolvedObject().getName().equals(about))
        .filter(event -> event.getType().equals("Warning"))
        .map(event -> event.getReason())
        .toList();
  }

  private double metric(String series) throws Exception {
    return OperatorHttp.metrics(operator)
        .lines()
        .filter(line -> line.startsWith(series))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length()).strip()))
        .sum();
  }

  /** A quota is in force once its use is counted, for which there is no controller here. */
  private void quota(String namespace) {
    var none = Map.of("secrets", new Quantity("0"));
    var quota =
        new ResourceQuotaBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName("no-secrets")
            .endMetadata()
            .withNewSpec()
            .withHard(none)
            .endSpec()
            .withNewStatus()
            .withHard(none)
            .withUsed(none)
            .endStatus()
            .build();
    cluster.admin().resource(quota).create();
    cluster.admin().resource(quota).patchStatus();
    var secret =
        new SecretBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName("probe")
            .endMetadata()
            .build();
    OperatorDenials.awaitRefused(() -> cluster.admin().resource(secret).dryRun().create());
  }

  private void awaitDenied() {
    OperatorDenials.awaitRefused(
        () -> client.secrets().inNamespace("rights").withName("probe").get());
  }
}
