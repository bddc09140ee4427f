package dev.wiremesh.lab.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Server-side apply of YAML files, as by {@code kubectl apply --server-side}. */
final class Manifests {
  private static final Duration ESTABLISHED = Duration.ofSeconds(30);
  private static final PatchContext APPLY =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager("wiremesh-lab")
          .withForce(true)
          .build();

  private final KubernetesClient client;

  Manifests(KubernetesClient client) {
    this.client = client;
  }

  /** Throws unless the files exist and hold Kubernetes objects; needs no API server. */
  static void check(Path fileOrFolder) {
    for (var file : filesOf(fileOrFolder)) {
      try (var content = Files.newInputStream(file)) {
        requireObjects(new KubernetesSerialization().unmarshal(content));
      } catch (IOException e) {
        throw new LabException("cannot read %s: %s".formatted(file, e.getMessage()), e);
      } catch (RuntimeException e) {
        throw new LabException(
            "%s does not hold Kubernetes objects: %s".formatted(file, e.getMessage()), e);
      }
    }
  }

  private static void requireObjects(@Nullable Object content) {
    switch (content) {
      case Collection<?> several -> several.forEach(Manifests::requireObjects);
      case KubernetesResourceList<?> list -> list.getItems().forEach(Manifests::requireObjects);
      case HasMetadata object when isNamed(object) -> {}
      case null, default ->
          throw new IllegalArgumentException("each needs apiVersion, kind and metadata.name");
    }
  }

  private static boolean isNamed(HasMetadata object) {
    return object.getApiVersion() != null
        && object.getKind() != null
        && object.getMetadata() != null
        && object.getMetadata().getName() != null;
  }

  /** Applies a file, or every YAML file of a folder in the order of names. */
  List<HasMetadata> apply(Path fileOrFolder) {
    var applied = new ArrayList<HasMetadata>();
    for (var file : filesOf(fileOrFolder)) {
      try (var content = Files.newInputStream(file)) {
        applied.addAll(apply(file.toString(), content));
      } catch (IOException e) {
        throw new LabException("cannot read %s: %s".formatted(file, e.getMessage()), e);
      }
    }
    return applied;
  }

  /** Applies the objects of a YAML text. */
  List<HasMetadata> apply(String origin, InputStream yaml) {
    var applied = new ArrayList<HasMetadata>();
    for (var item : client.load(yaml).items()) {
      try {
        applied.add(client.resource(item).patch(APPLY));
      } catch (KubernetesClientException e) {
        throw new LabException(
            "%s: %s %s was refused: %s"
                .formatted(origin, item.getKind(), item.getMetadata().getName(), reasonOf(e)),
            e);
      }
    }
    return applied;
  }

  /** Waits until the API server serves the kinds. */
  void awaitEstablished(List<HasMetadata> definitions) {
    for (var definition : definitions) {
      client
          .resources(CustomResourceDefinition.class)
          .withName(definition.getMetadata().getName())
          .waitUntilCondition(
              crd ->
                  crd != null
                      && crd.getStatus() != null
                      // Null just after the kind was created.
                      && crd.getStatus().getConditions() != null
                      && crd.getStatus().getConditions().stream()
                          .anyMatch(condition ->
                              condition.getType().equals("Established")
                                  && condition.getStatus().equals("True")),
              ESTABLISHED.toSeconds(),
              TimeUnit.SECONDS);
    }
  }

  private static String reasonOf(KubernetesClientException e) {
    return e.getStatus() != null && e.getStatus().getMessage() != null
        ? e.getStatus().getMessage()
        : String.valueOf(e.getMessage());
  }

  private static List<Path> filesOf(Path fileOrFolder) {
    if (!Files.isDirectory(fileOrFolder)) {
      if (!Files.isReadable(fileOrFolder)) {
        throw new LabException("there is no file " + fileOrFolder);
      }
      return List.of(fileOrFolder);
    }
    try (var files = Files.list(fileOrFolder)) {
      var found =
          files
              .filter(file -> file.toString().endsWith(".yaml") || file.toString().endsWith(".yml"))
              .sorted()
              .toList();
      if (found.isEmpty()) {
        throw new LabException("there is no .yaml file in the folder " + fileOrFolder);
      }
      return found;
    } catch (IOException e) {
      throw new LabException("cannot read %s: %s".formatted(fileOrFolder, e.getMessage()), e);
    }
  }
}
