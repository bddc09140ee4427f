package dev.wiremesh.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.junit.ConcurrentClass;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import dev.wiremesh.testkit.kubernetes.FaultProxy;
import dev.wiremesh.testkit.process.Command;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Users with fewer rights, clusters without the kinds, and API servers that are away. */
@RequiresKubernetes(own = true)
@ConcurrentClass
final class KubectlAccessTest extends KubectlOnMesh {
  private final Result withoutKinds;

  KubectlAccessTest(ControlPlane controlPlane) {
    super(controlPlane);
    withoutKinds = run("conf", "laptop");
  }

  @Test
  @RequiresTool("kubectl")
  void missingRightIsNamedWithTheCommandsThatGiveIt() {
    var result = run("conf", "office", "--as", "jane");
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.errors())
        .startsWith(
            "kubectl wiremesh: you (jane) may not get secrets office-wiremesh in namespace kubectl-test. An administrator can allow it:\n");
    var commands = result.errors().lines().filter(line -> line.startsWith("  kubectl ")).toList();
    assertThat(commands).hasSize(2);
    for (var command : commands) {
      Command.of(List.of(command.strip().split(" ")))
          .withEnvironment("KUBECONFIG", controlPlane.adminKubeconfigFile().toString())
          .check();
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(run("conf", "office", "--as", "jane").output())
                .isEqualTo(Corpus.named("site-router").configuration()));
  }

  @Test
  void wgQuickNeedsNoRightButTheOneSecret() {
    allow(
        "joe",
        "one-secret",
        new PolicyRuleBuilder()
            .withApiGroups("")
            .withResources("secrets")
            .withResourceNames("office-wiremesh")
            .withVerbs("get")
            .build());
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(run("conf", "office", "--as", "joe").status()).isZero());
    assertThat(run("conf", "office", "--as", "joe", "--format", "openwrt").errors())
        .contains("you (joe) may not get peers.wiremesh.dev office in namespace kubectl-test")
        .contains("--resource=peers.wiremesh.dev --resource-name=office\n");
  }

  @Test
  void clusterWithoutTheKindsIsSaidToHaveNoWiremesh() {
    assertThat(withoutKinds.status()).isEqualTo(1);
    assertThat(withoutKinds.errors())
        .contains("has no Wiremesh: its kinds (wiremesh.dev/v1alpha1) are not installed");
  }

  @Test
  void apiServerThatIsAwayIsNamedAndSoIsARefusedToken() throws IOException {
    var text = controlPlane.adminKubeconfig();
    var away =
        Files.writeString(
            folder.resolve("away"), text.replace(controlPlane.server(), "https://127.0.0.1:1"));
    assertThat(runWith(away, "conf", "office").errors())
        .startsWith("kubectl wiremesh: cannot reach the API server https://127.0.0.1:1/: ");
    var refused =
        Files.writeString(
            folder.resolve("refused"), text.replaceFirst("token: \\w+", "token: wrong"));
    assertThat(runWith(refused, "conf", "office").errors())
        .contains("refuses your credentials: log in again");
  }

  /** Another host's certificate by the same authority: the token must not go there. */
  @Test
  void serverWithTheCertificateOfAnotherHostIsRefused() throws IOException {
    try (var proxy = FaultProxy.before(controlPlane, InetAddress.getByName("127.0.0.9"))) {
      var other =
          Files.writeString(
              folder.resolve("other-host"),
              controlPlane.adminKubeconfig().replace(controlPlane.server(), proxy.url()));
      var result = runWith(other, "conf", "office");
      assertThat(result.status()).isEqualTo(1);
      assertThat(result.output()).isEmpty();
      assertThat(result.errors())
          .startsWith("kubectl wiremesh: cannot reach the API server " + proxy.url())
          .contains("127.0.0.9");
    }
  }

  @Test
  void kubeconfigThatIsMissingOrHasNoSuchContextIsSaid() {
    assertThat(runWith(folder.resolve("none"), "status").errors())
        .isEqualTo("kubectl wiremesh: cannot read the kubeconfig " + folder.resolve("none") + "\n");
    assertThat(run("status", "--context", "nowhere").errors())
        .isEqualTo("kubectl wiremesh: the kubeconfig has no context nowhere; it has: wiremesh\n");
  }

  @Test
  void statusWithoutTheRightToListNetworksShowsPeers() {
    allow(
        "jim",
        "peers",
        new PolicyRuleBuilder()
            .withApiGroups("wiremesh.dev")
            .withResources("peers")
            .withVerbs("get", "list")
            .build());
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(run("status", "--as", "jim").output()).contains("office"));
    assertThat(run("status", "--as", "jim").errors())
        .startsWith(
            "Not shown: you (jim) may not list wireguardnetworks.wiremesh.dev in the whole");
    assertThat(run("status", "office", "--as", "jim").status()).isZero();
  }

  /** Gives a user rights by a Role of the namespace. */
  private void allow(String user, String role, PolicyRule rule) {
    var rbac = admin.rbac();
    rbac.roles()
        .inNamespace(NAMESPACE)
        .resource(
            new RoleBuilder()
                .withNewMetadata()
                .withName(role)
                .endMetadata()
                .withRules(rule)
                .build())
        .serverSideApply();
    rbac.roleBindings()
        .inNamespace(NAMESPACE)
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withName(role)
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "Role", role)
                .addNewSubject("rbac.authorization.k8s.io", "User", user, null)
                .build())
        .serverSideApply();
  }
}
