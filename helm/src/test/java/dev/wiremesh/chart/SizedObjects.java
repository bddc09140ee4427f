package dev.wiremesh.chart;

import static dev.wiremesh.chart.ChartUsers.API;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Objects of each kind with metadata and specs of a given size. */
final class SizedObjects {
  private SizedObjects() {}

  /** A valid object with an annotation of a number of bytes. */
  static GenericKubernetesResource sized(String kind, String name, int bytes) {
    var object = new GenericKubernetesResource();
    object.setApiVersion(API);
    object.setKind(kind);
    object.setMetadata(
        new ObjectMetaBuilder()
            .withName(name)
            .withNamespace(kind.equals("Peer") ? "default" : null)
            .addToAnnotations("large", "x".repeat(bytes))
            .addToLabels("app", "test")
            .build());
    object.setAdditionalProperty(
        "spec",
        switch (kind) {
          case "Peer" -> Map.of("networkRef", Map.of("name", "home"));
          case "WireGuardNetwork" ->
              Map.of("addressPools", List.of(Map.of("name", "v4", "cidr", "10.99.0.0/24")));
          case "MeshNode" -> Map.of("networkRef", Map.of("name", "home"), "nodeName", "10.70.0.9");
          default ->
              Map.of(
                  "network",
                  "home",
                  "address",
                  "10.70.0.9",
                  "owner",
                  Map.of("kind", "MeshNode", "name", "home.n1", "uid", "u"));
        });
    return object;
  }

  /** The largest spec of a Peer that the schema accepts. */
  static Map<String, Object> largestSpec() {
    var routes = new ArrayList<Map<String, Object>>();
    var blocks = new ArrayList<String>();
    for (int i = 0; i < 64; i++) {
      var block = "fd00:%04x:1111:2222:3333:4444:5555:6666/128".formatted(0x1000 + i);
      blocks.add(block);
      routes.add(Map.of("cidr", block, "masquerade", true));
    }
    var domain = ("d".repeat(60) + ".").repeat(4) + "internal";
    return Map.of(
        "networkRef",
        Map.of("name", "h".repeat(32)),
        "keySecretRef",
        Map.of("name", "s".repeat(253), "key", "k".repeat(253)),
        "addresses",
        List.of("10.70.255.254", "fd00:1111:2222:3333:4444:5555:6666:7777"),
        "endpoint",
        Map.of("host", domain, "port", 51900),
        "routes",
        routes,
        "client",
        Map.of(
            "allowedIPs",
            blocks,
            "excludeIPs",
            blocks,
            "dns",
            Collections.nCopies(4, "fd00:1111:2222:3333:4444:5555:6666:7777"),
            "searchDomains",
            Collections.nCopies(8, domain)));
  }
}
