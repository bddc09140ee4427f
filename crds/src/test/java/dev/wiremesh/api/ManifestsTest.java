package dev.wiremesh.api;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable.Validation;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * Validation of the manifests in {@code manifests/} by a real API server: {@code valid-*.yaml}
 * pass; {@code invalid-*.yaml} are refused at their last document, with the message in their first
 * line.
 */
@RequiresKubernetes
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ManifestsTest {
  private static final Path MANIFESTS = Path.of("src/test/resources/manifests");
  private static final Path CRDS = Path.of("../helm/wiremesh/crds");
  private static final Path QUICKSTART = Path.of("../examples/quickstart");
  private static final String EXPECT = "# expect: ";

  private final KubernetesClient client;

  ManifestsTest(ControlPlane controlPlane) {
    this.client = new KubernetesClientBuilder().withConfig(config(controlPlane)).build();
  }

  private static Config config(ControlPlane controlPlane) {
    return Config.fromKubeconfig(controlPlane.adminKubeconfig());
  }

  @BeforeAll
  void installCrds() throws IOException {
    try (var files = Files.list(CRDS)) {
      for (var file : files.toList()) {
        var crd = Serialization.unmarshal(Files.readString(file), CustomResourceDefinition.class);
        client.resource(crd).serverSideApply();
        client
            .resource(crd)
            .waitUntilCondition(
                it ->
                    it != null
                        && it.getStatus() != null
                        && it.getStatus().getConditions() != null
                        && it.getStatus().getConditions().stream()
                            .anyMatch(condition ->
                                condition.getType().equals("Established")
                                    && condition.getStatus().equals("True")),
                90,
                TimeUnit.SECONDS);
      }
    }
  }

  @AfterAll
  void close() {
    client.close();
  }

  @TestFactory
  Stream<DynamicTest> goodManifestsPass() throws IOException {
    return manifests("valid-")
        .map(file -> DynamicTest.dynamicTest(name(file), () -> applyAndRemove(documents(file))));
  }

  @TestFactory
  Stream<DynamicTest> badManifestsAreToldWhatToWrite() throws IOException {
    return manifests("invalid-")
        .map(file -> DynamicTest.dynamicTest(name(file), () -> isRefused(file)));
  }

  @Test
  void everyManifestIsUsed() throws IOException {
    try (var files = Files.list(MANIFESTS)) {
      assertThat(files.map(ManifestsTest::name))
          .allMatch(name -> name.matches("(in)?valid-.*\\.yaml"));
    }
  }

  @Test
  void quickstartPasses() throws IOException {
    try (var files = Files.list(QUICKSTART)) {
      for (var file : files.filter(it -> it.toString().endsWith(".yaml")).sorted().toList()) {
        applyAndRemove(documents(file));
      }
    }
  }

  private void isRefused(Path file) throws IOException {
    var first = Files.readAllLines(file).getFirst();
    assertThat(first).startsWith(EXPECT);
    var documents = documents(file);
    try {
      documents.subList(0, documents.size() - 1).forEach(this::apply);

      assertThatThrownBy(() -> apply(documents.getLast()))
          .isInstanceOf(KubernetesClientException.class)
          .hasMessageContaining(first.substring(EXPECT.length()));
    } finally {
      client.resource(documents.getFirst()).delete();
    }
  }

  private void applyAndRemove(List<GenericKubernetesResource> documents) {
    try {
      documents.forEach(this::apply);
    } finally {
      client.resource(documents.getFirst()).delete();
    }
  }

  private void apply(GenericKubernetesResource document) {
    var before = client.resource(document).get();
    if (before == null) {
      client.resource(document).fieldValidation(Validation.STRICT).create();
    } else {
      document.getMetadata().setResourceVersion(before.getMetadata().getResourceVersion());
      client.resource(document).fieldValidation(Validation.STRICT).update();
    }
  }

  private static Stream<Path> manifests(String prefix) throws IOException {
    try (var files = Files.list(MANIFESTS)) {
      return files.filter(file -> name(file).startsWith(prefix)).sorted().toList().stream();
    }
  }

  private static List<GenericKubernetesResource> documents(Path file) throws IOException {
    var text = Files.readAllLines(file).stream().collect(joining("\n"));
    return Stream.of(text.split("\n---\n"))
        .map(document -> Serialization.unmarshal(document, GenericKubernetesResource.class))
        .toList();
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }
}
