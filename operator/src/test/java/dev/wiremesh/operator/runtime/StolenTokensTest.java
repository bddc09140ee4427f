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

  /** Requests that a thief would try: group, verbs, resource, namespace. */
  private static final String TRIED =
      """
      -                            get,list,watch           secrets                      TENANT
      -                            create,patch,delete      secrets                      TENANT
      -                            list                     secrets
      -                            get,list,delete          secrets                      SYSTEM
      -                            list,create              pods                         TENANT
      -                            create                   pods                         SYSTEM
      -                            create                   pods/exec                    SYSTEM
      -                            create                   serviceaccounts/token        SYSTEM
      -                            impersonate              users
      -                            get,patch,delete         nodes
      coordination.k8s.io          delete                   leases                       SYSTEM
      coordination.k8s.io          delete                   leases                       kube-system
      apps                         patch                    daemonsets                   SYSTEM
      apps                         patch                    deployments                  SYSTEM
      rbac.authorization.k8s.io    create                   clusterrolebindings
      rbac.authorization.k8s.io    escalate                 clusterroles
      admissionregistration.k8s.io delete                   validatingadmissionpolicies
      apiextensions.k8s.io         patch                    customresourcedefinitions
      wiremesh.dev                 create,patch             peers                        TENANT
      wiremesh.dev                 create                   peers                        default
      wiremesh.dev                 patch                    peers/status                 TENANT
      wiremesh.dev                 create,patch             wireguardnetworks
      wiremesh.dev                 create                   meshnodes
      wiremesh.dev                 delete                   ipallocations
      """;

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

  /** The requests of {@link #TRIED} that the token may make. */
  private List<String> allowed(String serviceAccount, String namespace) {
    var token = controlPlane.requestToken(namespace, serviceAccount, Duration.ofHours(1));
    var config = Config.fromKubeconfig(controlPlane.kubeconfigFor(token));
    try (var client = new KubernetesClientBuilder().withConfig(config).build()) {
      return TRIED
          .lines()
          .flatMap(Request::read)
          .filter(request -> request.isAllowed(client))
          .map(Request::toString)
          .toList();
    }
  }

  /**
   * A request to the API server.
   *
   * @param namespace empty: of the whole cluster
   */
  private record Request(String group, String verb, String resource, String namespace) {
    /** Reads a line: group, or - for the core's; verbs; resource; namespace, if it has one. */
    static Stream<Request> read(String line) {
      var words = line.split(" +");
      var group = words[0].equals("-") ? "" : words[0];
      var namespace =
          switch (words.length < 4 ? "" : words[3]) {
            case "SYSTEM" -> SYSTEM;
            case "TENANT" -> TENANT;
            case String other -> other;
          };
      return Stream.of(words[1].split(","))
          .map(verb -> new Request(group, verb, words[2], namespace));
    }

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
