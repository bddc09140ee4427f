package dev.wiremesh.testkit.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.CommandResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RequiresKubernetes
@RequiresTool("kubectl")
class ControlPlaneTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final ControlPlane controlPlane;
  @TempDir private Path temporary;

  ControlPlaneTest(ControlPlane controlPlane) {
    this.controlPlane = controlPlane;
  }

  @Test
  void administratorSeesTheVersionWeBuilt() {
    var answer = kubectl(controlPlane.adminKubeconfigFile(), "get", "--raw", "/version");

    assertThat(answer.orThrow().output()).contains("v" + KubernetesSource.VERSION);
  }

  @Test
  void serviceAccountMayDoOnlyWhatIsGranted() throws IOException {
    var admin = controlPlane.adminKubeconfigFile();
    kubectl(admin, "create", "serviceaccount", "reader").orThrow();
    kubectl(
            admin,
            "create",
            "clusterrolebinding",
            "reader",
            "--clusterrole=view",
            "--serviceaccount=default:reader")
        .orThrow();

    var token = controlPlane.requestToken("default", "reader", Duration.ofHours(1));
    var kubeconfig = temporary.resolve("reader.kubeconfig");
    Files.writeString(kubeconfig, controlPlane.kubeconfigFor(token));

    assertThat(kubectl(kubeconfig, "auth", "whoami", "-o", "name").orThrow().output()).isNotNull();
    // The authorizer learns of a new binding by a watch.
    await().atMost(PATIENCE).until(() -> kubectl(kubeconfig, "get", "configmaps").succeeded());
    assertThat(kubectl(kubeconfig, "get", "secrets").errors()).contains("forbidden");
  }

  @Test
  void tokenBoundToNodeCarriesItsName() throws IOException {
    var admin = controlPlane.adminKubeconfigFile();
    kubectl(admin, "create", "serviceaccount", "bound").orThrow();
    var node = temporary.resolve("node.json");
    Files.writeString(
        node, "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"bound-node\"}}");
    kubectl(admin, "create", "-f", node.toString()).orThrow();

    var token =
        controlPlane.requestTokenBoundToNode("default", "bound", Duration.ofHours(1), "bound-node");
    var kubeconfig = temporary.resolve("bound.kubeconfig");
    Files.writeString(kubeconfig, controlPlane.kubeconfigFor(token));

    assertThat(kubectl(kubeconfig, "auth", "whoami", "-o", "yaml").orThrow().output())
        .contains("authentication.kubernetes.io/node-name")
        .contains("bound-node");
    assertThat(token.toString()).doesNotContain(token.token());
  }

  @Test
  @RequiresKubernetes(controllerManager = true)
  void deletedNamespaceReallyGoes() {
    var admin = controlPlane.adminKubeconfigFile();
    kubectl(admin, "create", "namespace", "short-lived").orThrow();
    kubectl(admin, "delete", "namespace", "short-lived", "--wait=false").orThrow();

    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(kubectl(admin, "get", "namespace", "short-lived").errors())
                .contains("NotFound"));
  }

  private static CommandResult kubectl(Path kubeconfig, String... arguments) {
    return Command.of(arguments)
        .through(java.util.List.of("kubectl", "--kubeconfig", kubeconfig.toString()))
        .run();
  }
}
