package dev.wiremesh.operator.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaPropsBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRuleBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RequiresKubernetes
class ApplyCrdsTest {
  private static final Path SHIPPED = Path.of("../helm/wiremesh/crds");

  @Test
  void fieldsThatTheNewReleaseLacksAreRemoved(ControlPlane controlPlane) throws IOException {
    var config = Config.fromKubeconfig(controlPlane.adminKubeconfig());
    try (var client = new KubernetesClientBuilder().withConfig(config).build()) {
      var definitions = client.apiextensions().v1().customResourceDefinitions();
      var older = definitions.load(SHIPPED.resolve("peers.yaml").toFile()).item();
      older.getMetadata().setAnnotations(Map.of("other.example/note", "mine"));
      older.getSpec().getNames().setShortNames(List.of("oldp"));
      var spec = specOf(older);
      spec.getXKubernetesValidations().add(rule("self.networkRef.name != 'forbidden'"));
      spec.getProperties()
          .put("gone", new JSONSchemaPropsBuilder().withType("string").withMaxLength(3L).build());
      // Other tests on this API server may have installed the kinds before.
      var present = definitions.withName("peers.wiremesh.dev").get();
      if (present == null) {
        definitions.resource(older).create();
      } else {
        older.getMetadata().setResourceVersion(present.getMetadata().getResourceVersion());
        definitions.resource(older).update();
      }

      var updated = ApplyCrdsMain.apply(client, SHIPPED);
      assertThat(updated).hasSize(4);
      var peers = definitions.withName("peers.wiremesh.dev").get();
      assertThat(peers.getSpec().getNames().getShortNames()).containsExactly("wgp");
      assertThat(specOf(peers).getProperties()).doesNotContainKey("gone");
      assertThat(specOf(peers).getXKubernetesValidations())
          .extracting(ValidationRule::getRule)
          .noneMatch(rule -> rule.contains("forbidden"));
      assertThat(peers.getMetadata().getAnnotations())
          .containsEntry("other.example/note", "mine")
          .containsEntry("helm.sh/resource-policy", "keep");

      var again = ApplyCrdsMain.apply(client, SHIPPED);
      assertThat(again.stream().map(crd -> crd.getMetadata().getGeneration()))
          .isEqualTo(updated.stream().map(crd -> crd.getMetadata().getGeneration()).toList());
    }
  }

  private static JSONSchemaProps specOf(CustomResourceDefinition definition) {
    var schema = definition.getSpec().getVersions().getFirst().getSchema();
    return Objects.requireNonNull(schema.getOpenAPIV3Schema().getProperties().get("spec"));
  }

  private static ValidationRule rule(String rule) {
    return new ValidationRuleBuilder().withRule(rule).withMessage("no longer").build();
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
