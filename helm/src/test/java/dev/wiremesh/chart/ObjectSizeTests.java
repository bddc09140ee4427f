package dev.wiremesh.chart;

import static dev.wiremesh.chart.ChartUsers.API;
import static dev.wiremesh.chart.SizedObjects.largestSpec;
import static dev.wiremesh.chart.SizedObjects.sized;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The chart's limits on the size of our objects, for a chart that is installed. */
interface ObjectSizeTests {
  Duration PATIENCE = Duration.ofMinutes(4);

  ChartUsers users();

  private KubernetesClient admin() {
    return users().admin();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Peer", "WireGuardNetwork", "MeshNode", "IPAllocation"})
  default void largeMetadataIsRefusedForEveryKind(String kind) {
    var name = kind.equals("WireGuardNetwork") ? "large" : "home.10.70.0.9";
    assertThatThrownBy(() -> tryToCreate(sized(kind, name, 250_000)))
        .hasMessageContaining("at most 32768 are allowed: every node watches this object")
        .hasMessageContaining("Keep the data in a ConfigMap");
  }

  @Test
  default void manyAnnotationsLabelsAndFinalizersAreRefused() {
    var annotated = sized("Peer", "many-annotations", 0);
    var finalized = sized("Peer", "many-finalizers", 0);
    var labelled = sized("Peer", "many-labels", 0);
    for (int i = 0; i < 1000; i++) {
      annotated.getMetadata().getAnnotations().put("a" + i, "x".repeat(50));
      finalized.getMetadata().getFinalizers().add("example.com/" + "f".repeat(50) + i);
      labelled.getMetadata().getLabels().put("l" + i, "x".repeat(50));
    }
    for (var large : List.of(annotated, finalized, labelled)) {
      assertThatThrownBy(() -> tryToCreate(large))
          .hasMessageContaining("at most 32768 are allowed");
    }
  }

  @Test
  default void manyFieldManagersAreRefused() {
    var peer = sized("Peer", "managers", 0);
    peer.setAdditionalProperty("spec", Map.of("networkRef", Map.of("name", "home")));
    peer.getMetadata().setAnnotations(null);
    admin().resource(peer).create();
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 80; i++) {
                admin()
                    .resource(peer)
                    .patch(
                        new PatchContext.Builder()
                            .withPatchType(PatchType.SERVER_SIDE_APPLY)
                            .withFieldManager("manager-" + i)
                            .withForce(true)
                            .build());
              }
            })
        .hasMessageContaining("at most 64 field managers");
  }

  @Test
  default void annotationOfKubectlApplyOfTheLargestPeerFits() {
    var peer = sized("Peer", "largest", 0);
    peer.setAdditionalProperty("spec", largestSpec());
    var applied = Serialization.asJson(peer);
    assertThat(applied.length()).isGreaterThan(12_000);
    peer.getMetadata()
        .getAnnotations()
        .put("kubectl.kubernetes.io/last-applied-configuration", applied);
    assertThatCode(() -> tryToCreate(peer)).doesNotThrowAnyException();
  }

  /** Such as an object from before the policy. */
  @Test
  default void objectThatIsTooLargeAlreadyCanBeServedAndShrunk() {
    var bindings = admin().admissionRegistration().v1().validatingAdmissionPolicyBindings();
    var binding = bindings.withName("wiremesh-object-size").get();
    bindings.withName("wiremesh-object-size").delete();
    var fat = sized("Peer", "fat", 200_000);
    fat.getMetadata().setFinalizers(List.of("example.com/kept"));
    var peers = admin().genericKubernetesResources(API, "Peer").inNamespace("default");
    await().atMost(PATIENCE).until(() -> peers.resource(fat).create() != null);
    binding.getMetadata().setResourceVersion(null);
    binding.getMetadata().setUid(null);
    admin().resource(binding).create();
    awaitSizePolicy();

    assertThatCode(() ->
            users().status(admin(), "Peer", "fat", Map.of("addresses", List.of("10.70.0.77"))))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> merge("fat", "{\"metadata\":{\"annotations\":{\"more\":\"x\"}}}"))
        .hasMessageContaining("at most 32768 are allowed");
    assertThatCode(() -> merge("fat", "{\"spec\":{\"suspended\":true}}"))
        .doesNotThrowAnyException();
    assertThatCode(() -> merge("fat", "{\"metadata\":{\"finalizers\":null}}"))
        .doesNotThrowAnyException();
    assertThatCode(() -> merge("fat", "{\"metadata\":{\"annotations\":{\"large\":\"smaller\"}}}"))
        .doesNotThrowAnyException();
  }

  /** Waits until the API server enforces the policy. */
  default void awaitSizePolicy() {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThatThrownBy(() -> tryToCreate(sized("Peer", "probe-size", 250_000)))
                .hasMessageContaining("at most 32768 are allowed"));
  }

  private void merge(String peer, String patch) {
    admin()
        .genericKubernetesResources(API, "Peer")
        .inNamespace("default")
        .withName(peer)
        .patch(PatchContext.of(PatchType.JSON_MERGE), patch);
  }

  private void tryToCreate(GenericKubernetesResource object) {
    admin().resource(object).dryRun(true).create();
  }
}
