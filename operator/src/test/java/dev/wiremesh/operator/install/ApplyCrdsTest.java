package dev.wiremesh.operator.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RequiresKubernetes
class ApplyCrdsTest {
  private static final Path SHIPPED = Path.of("../helm/wiremesh/crds");

  @Test
  void bringsAnOlderKindUpToDateAndChangesNothingTheSecondTime(
      ControlPlane controlPlane, @TempDir Path older) throws IOException {
    var config = Config.fromKubeconfig(controlPlane.adminKubeconfig());
    try (var client = new KubernetesClientBuilder().withConfig(config).build()) {
      var shipped = Files.readString(SHIPPED.resolve("peers.yaml"));
      Files.writeString(
          older.resolve("peers.yaml"), shipped.replace("    - wgp\n", "    - oldp\n"));

      assertThat(ApplyCrdsMain.apply(client, older).getFirst().getSpec().getNames().getShortNames())
          .containsExactly("oldp");
      var updated = ApplyCrdsMain.apply(client, SHIPPED);
      assertThat(updated).hasSize(4);
      assertThat(updated)
          .filteredOn(crd -> crd.getMetadata().getName().equals("peers.wiremesh.dev"))
          .allMatch(crd -> crd.getSpec().getNames().getShortNames().contains("wgp"));
      var again = ApplyCrdsMain.apply(client, SHIPPED);
      assertThat(again.stream().map(crd -> crd.getMetadata().getGeneration()))
          .isEqualTo(updated.stream().map(crd -> crd.getMetadata().getGeneration()).toList());
    }
  }

  /** The API server's first word on a new kind: a status whose conditions are null. */
  @Test
  void kindThatWasJustCreatedIsWaitedFor() {
    var created =
        Serialization.unmarshal(
            """
            {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
             "metadata": {"name": "peers.wiremesh.dev"},
             "status": {"conditions": null, "storedVersions": ["v1alpha1"]}}
            """,
            CustomResourceDefinition.class);
    assertThat(ApplyCrdsMain.established(created)).isFalse();
  }

  @Test
  void emptyFolderIsNoSuccess(ControlPlane controlPlane, @TempDir Path empty) {
    var config = Config.fromKubeconfig(controlPlane.adminKubeconfig());
    try (var client = new KubernetesClientBuilder().withConfig(config).build()) {
      assertThatThrownBy(() -> ApplyCrdsMain.apply(client, empty))
          .hasMessageContaining("no *.yaml");
    }
  }
}
