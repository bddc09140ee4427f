package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The requests that a real API server allows to the tokens of the operator, of an agent and of a
 * user, with the shipped roles: the upper bound of the damage of a stolen one.
 */
@RequiresKubernetes
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StolenTokensTest {
  private static final String SYSTEM = OperatorTestCluster.NAMESPACE;
  private static final String TENANT = "stolen-tokens-tenant";

  private final ControlPlane controlPlane;
  private final OperatorTestCluster cluster;

  StolenTokensTest(ControlPlane controlPlane) throws IOException {
    this.controlPlane = controlPlane;
    this.cluster = new OperatorTestCluster(controlPlane);
    cluster.namespace(TENANT);
  }

  @AfterAll
  void close() {
    cluster.close();
  }

  @Test
  void operatorsTokenListsNoSecretsOfOthersAndGrantsNothing() {
    assertThat(allowed("wiremesh-operator", SYSTEM))
        .containsExactlyInAnyOrder(
            "get secrets in " + TENANT,
            "get secrets in " + SYSTEM,
            "list secrets in " + SYSTEM,
            "create secrets in " + TENANT,
            "patch secrets in " + TENANT,
            "delete secrets in " + TENANT,
            "delete secrets in " + SYSTEM,
            "create meshnodes",
            "delete ipallocations",
            "patch peers/status in " + TENANT,
            "list pods in " + TENANT,
            "delete leases in " + SYSTEM,
            "get nodes");
  }

  @Test
  void operatorsTokenWritesOnlySecretsOfPeersOutsideItsNamespace() {
    var of = cluster.admin().secrets().inNamespace(TENANT);
    of.resource(secret("database", "Opaque")).serverSideApply();
    of.resource(secret("laptop-wiremesh", SecretNames.PEER_TYPE)).serverSideApply();
    try (var client = cluster.operatorClient()) {
      var secrets = client.secrets().inNamespace(TENANT);
      // A new policy is in force a moment later.
      await()
          .atMost(OperatorTestCluster.PATIENCE)
          .untilAsserted(
              () -> assertRefused(() -> secrets.resource(secret("of-a-thief", "Opaque")).create()));
      assertRefused(() -> secrets.withName("database").patch("{\"data\":null}"));
      assertRefused(() -> secrets.withName("database").delete());

      secrets.withName("laptop-wiremesh").patch("{\"data\":null}");
      secrets.withName("laptop-wiremesh").delete();
      assertThat(secrets.withName("laptop-wiremesh").get()).isNull();
      client.secrets().inNamespace(SYSTEM).resource(secret("of-its-own", "Opaque")).create();
      client.secrets().inNamespace(SYSTEM).withName("of-its-own").delete();
    }
  }

  private static Secret secret(String name, String type) {
    return new SecretBuilder()
        .withNewMetadata()
        .withName(name)
        .endMetadata()
        .withType(type)
        .build();
  }

  private static void assertRefused(ThrowingCallable request) {
    assertThatThrownBy(request)
        .hasMessageContaining(
            "outside its own namespace the operator writes and deletes Secrets of type"
                + " wiremesh.dev/peer only");
  }

  @Test
  void agentsTokenWritesStatusOnlyAndReadsSecretsOfOneNamespace() {
    assertThat(allowed("wiremesh-agent", SYSTEM))
        .containsExactlyInAnyOrder(
            "get secrets in " + SYSTEM,
            "list secrets in " + SYSTEM,
            "patch peers/status in " + TENANT);
  }

  @Test
  void writerOfPeersWritesPeersOfItsNamespaceOnly() {
    cluster
        .admin()
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withName("tenant")
                .withNamespace(TENANT)
                .endMetadata()
                .build())
        .serverSideApply();
    cluster
        .admin()
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withName("tenant")
                .withNamespace(TENANT)
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "wiremesh-edit")
                .addNewSubject("", "ServiceAccount", "tenant", TENANT)
                .build())
        .serverSideApply();
    assertThat(allowed("tenant", TENANT))
        .containsExactlyInAnyOrder("create peers in " + TENANT, "patch peers in " + TENANT);
  }

  /** The requests, of those that a thief would try, that the token may make. */
  private List<String> allowed(String serviceAccount, String namespace) {
    var token = controlPlane.requestToken(namespace, serviceAccount, Duration.ofHours(1));
    var config = Config.fromKubeconfig(controlPlane.kubeconfigFor(token));
    try (var client = new KubernetesClientBuilder().withConfig(config).build()) {
      return Stream.of(
              new Request("", "get", "secrets", TENANT),
              new Request("", "list", "secrets", TENANT),
              new Request("", "watch", "secrets", TENANT),
              new Request("", "create", "secrets", TENANT),
              new Request("", "patch", "secrets", TENANT),
              new Request("", "delete", "secrets", TENANT),
              new Request("", "list", "secrets", ""),
              new Request("", "get", "secrets", SYSTEM),
              new Request("", "list", "secrets", SYSTEM),
              new Request("", "delete", "secrets", SYSTEM),
              new Request("", "list", "pods", TENANT),
              new Request("", "create", "pods", TENANT),
              new Request("", "create", "pods", SYSTEM),
              new Request("", "create", "pods/exec", SYSTEM),
              new Request("", "create", "serviceaccounts/token", SYSTEM),
              new Request("", "impersonate", "users", ""),
              new Request("", "get", "nodes", ""),
              new Request("", "patch", "nodes", ""),
              new Request("", "delete", "nodes", ""),
              new Request("coordination.k8s.io", "delete", "leases", SYSTEM),
              new Request("coordination.k8s.io", "delete", "leases", "kube-system"),
              new Request("apps", "patch", "daemonsets", SYSTEM),
              new Request("apps", "patch", "deployments", SYSTEM),
              new Request("rbac.authorization.k8s.io", "create", "clusterrolebindings", ""),
              new Request("rbac.authorization.k8s.io", "escalate", "clusterroles", ""),
              new Request(
                  "admissionregistration.k8s.io", "delete", "validatingadmissionpolicies", ""),
              new Request("apiextensions.k8s.io", "patch", "customresourcedefinitions", ""),
              new Request("wiremesh.dev", "create", "peers", TENANT),
              new Request("wiremesh.dev", "create", "peers", "default"),
              new Request("wiremesh.dev", "patch", "peers", TENANT),
              new Request("wiremesh.dev", "patch", "peers/status", TENANT),
              new Request("wiremesh.dev", "create", "wireguardnetworks", ""),
              new Request("wiremesh.dev", "patch", "wireguardnetworks", ""),
              new Request("wiremesh.dev", "create", "meshnodes", ""),
              new Request("wiremesh.dev", "delete", "ipallocations", ""))
          .filter(request -> request.isAllowed(client))
          .map(Request::toString)
          .toList();
    }
  }

  /**
   * A request.
   *
   * @param namespace empty: of the whole cluster
   */
  private record Request(String group, String verb, String resource, String namespace) {

    boolean isAllowed(KubernetesClient client) {
      var slash = resource.indexOf('/');
      var review =
          new SelfSubjectAccessReviewBuilder()
              .withNewSpec()
              .withNewResourceAttributes()
              .withGroup(group)
              .withVerb(verb)
              .withResource(slash < 0 ? resource : resource.substring(0, slash))
              .withSubresource(slash < 0 ? "" : resource.substring(slash + 1))
              .withNamespace(namespace)
              .endResourceAttributes()
              .endSpec()
              .build();
      return client
          .authorization()
          .v1()
          .selfSubjectAccessReview()
          .create(review)
          .getStatus()
          .getAllowed();
    }

    @Override
    public String toString() {
      return verb + " " + resource + (namespace.isEmpty() ? "" : " in " + namespace);
    }
  }
}
