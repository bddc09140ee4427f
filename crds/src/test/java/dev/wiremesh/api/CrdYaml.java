package dev.wiremesh.api;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceColumnDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/**
 * The CRDs as YAML, from the annotated classes: what the generator says, plus what it drops (the
 * order of the printer columns, the description of the kind) and what holds for every kind.
 */
final class CrdYaml {
  static final List<Class<? extends CustomResource<?, ?>>> KINDS =
      List.of(WireGuardNetwork.class, Peer.class, MeshNode.class, IPAllocation.class);

  /**
   * Deleting a kind deletes every object of it. Helm never deletes what stands in a chart's crds/,
   * but a release that has the kinds as ordinary objects (a chart around ours, a GitOps tool) would
   * delete all networks and peers with it.
   */
  static final Map<String, String> ANNOTATIONS = Map.of("helm.sh/resource-policy", "keep");

  private CrdYaml() {}

  /** The name of each CRD's file, and what stands in it. */
  static Map<String, String> files() {
    var files = new LinkedHashMap<String, String>();
    for (var kind : KINDS) {
      var definition = generate(kind);
      files.put(definition.getSpec().getNames().getPlural() + ".yaml", print(definition));
    }
    return files;
  }

  static CustomResourceDefinition generate(Class<? extends CustomResource<?, ?>> kind) {
    var out = new ByteArrayOutputStream();
    new CRDGenerator().customResourceClasses(kind).withOutput(new OneFile(out)).generate();
    var definition =
        Serialization.unmarshal(
            out.toString(StandardCharsets.UTF_8), CustomResourceDefinition.class);
    definition.getMetadata().setAnnotations(ANNOTATIONS);
    for (var version : definition.getSpec().getVersions()) {
      version
          .getAdditionalPrinterColumns()
          .sort(Comparator.comparingInt(column -> columnOrder(kind).indexOf(column.getName())));
      version.getAdditionalPrinterColumns().forEach(CrdYaml::dropDefaultPriority);
      version
          .getSchema()
          .getOpenAPIV3Schema()
          .setDescription(kind.getAnnotation(JsonClassDescription.class).value());
    }
    return definition;
  }

  private static void dropDefaultPriority(CustomResourceColumnDefinition column) {
    if (Integer.valueOf(0).equals(column.getPriority())) {
      column.setPriority(null);
    }
  }

  private static List<String> columnOrder(Class<?> kind) {
    return Arrays.stream(kind.getAnnotationsByType(AdditionalPrinterColumn.class))
        .map(AdditionalPrinterColumn::name)
        .toList();
  }

  private static String print(CustomResourceDefinition definition) {
    Map<?, ?> tree = Serialization.unmarshal(Serialization.asJson(definition), Map.class);
    var settings =
        DumpSettings.builder()
            .setDefaultFlowStyle(FlowStyle.BLOCK)
            .setWidth(100)
            .setSplitLines(false)
            .build();
    return "# Generated from the classes of the module crds: change them, not this file.\n"
        + new Dump(settings).dumpToString(plain(tree));
  }

  /** Limits come as 65535.0: write whole numbers whole. */
  private static Object plain(Object value) {
    return switch (value) {
      case Map<?, ?> map -> {
        var copy = new LinkedHashMap<Object, Object>();
        map.forEach((k, v) -> copy.put(k, plain(v)));
        yield copy;
      }
      case List<?> list -> {
        var copy = new ArrayList<Object>();
        list.forEach(v -> copy.add(plain(v)));
        yield copy;
      }
      case Double d when d == Math.rint(d) -> d.longValue();
      default -> value;
    };
  }

  private record OneFile(ByteArrayOutputStream out)
      implements CRDGenerator.CRDOutput<ByteArrayOutputStream> {
    @Override
    public ByteArrayOutputStream outputFor(String crdName) {
      return out;
    }

    @Override
    public void close() {}
  }
}
