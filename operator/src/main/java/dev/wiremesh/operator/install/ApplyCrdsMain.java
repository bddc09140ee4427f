package dev.wiremesh.operator.install;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Updates the CRDs of a folder in the cluster. Helm installs a chart's CRDs and never updates them,
 * so an upgrade runs this before anything else of the new release. Idempotent.
 *
 * <p>A definition's {@code spec} is replaced, not applied: the first one is Helm's, and server-side
 * apply keeps fields of another manager, so that no rule, bound or property could ever be removed.
 * Labels and annotations of others stay.
 */
public final class ApplyCrdsMain {
  private ApplyCrdsMain() {}

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 1) {
      System.err.println("usage: ApplyCrdsMain FOLDER");
      System.exit(2);
    }
    quiet();
    try (var client = new KubernetesClientBuilder().build()) {
      for (var definition : apply(client, Path.of(arguments[0]))) {
        System.out.println("applied " + definition.getMetadata().getName());
      }
    } catch (KubernetesClientException e) {
      System.err.println("cannot bring the CRDs up to date: " + e.getMessage());
      System.exit(1);
    }
  }

  /** Applies every file of the folder and waits until the API serves it. */
  static List<CustomResourceDefinition> apply(KubernetesClient client, Path folder)
      throws IOException {
    List<Path> files;
    try (var entries = Files.list(folder)) {
      files = entries.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
    if (files.isEmpty()) {
      throw new IOException("no *.yaml in " + folder);
    }
    var applied = new ArrayList<CustomResourceDefinition>();
    for (var file : files) {
      try (InputStream in = Files.newInputStream(file)) {
        var definitions = client.apiextensions().v1().customResourceDefinitions();
        var definition = definitions.load(in).item();
        replace(client, definition);
        applied.add(
            definitions
                .withName(definition.getMetadata().getName())
                .waitUntilCondition(ApplyCrdsMain::established, 60, TimeUnit.SECONDS));
      }
    }
    return List.copyOf(applied);
  }

  private static void replace(KubernetesClient client, CustomResourceDefinition wanted) {
    var present = client.resource(wanted).get();
    if (present == null) {
      client.resource(wanted).create();
      return;
    }
    var merged =
        new CustomResourceDefinitionBuilder(present)
            .withSpec(wanted.getSpec())
            .editMetadata()
            .addToAnnotations(wanted.getMetadata().getAnnotations())
            .addToLabels(wanted.getMetadata().getLabels())
            .endMetadata()
            .build();
    client.resource(merged).update();
  }

  /** Only this program's own output is printed, and warnings. */
  private static void quiet() {
    if (LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME) instanceof Logger root) {
      root.setLevel(Level.WARN);
    }
  }

  /** A kind that was just created has a status, but {@code conditions: null} in it. */
  static boolean established(@Nullable CustomResourceDefinition definition) {
    return definition != null
        && definition.getStatus() != null
        && definition.getStatus().getConditions() != null
        && definition.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Established") && c.getStatus().equals("True"));
  }
}
