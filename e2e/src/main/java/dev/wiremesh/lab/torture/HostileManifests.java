package dev.wiremesh.lab.torture;

import static dev.wiremesh.lab.torture.HostileValues.ADDRESSES;
import static dev.wiremesh.lab.torture.HostileValues.DURATIONS;
import static dev.wiremesh.lab.torture.HostileValues.HOSTS;
import static dev.wiremesh.lab.torture.HostileValues.KEYS;
import static dev.wiremesh.lab.torture.HostileValues.NAMES;
import static dev.wiremesh.lab.torture.HostileValues.NUMBERS;
import static dev.wiremesh.lab.torture.HostileValues.PREFIXES;
import static dev.wiremesh.lab.torture.HostileValues.TABLES;
import static dev.wiremesh.lab.torture.HostileValues.WRONG_TYPES;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Seeded Peers and WireGuardNetworks with odd values: at the bounds of the schema and beyond them,
 * in other notations, of other types, of later versions, and with ranges that belong to the
 * cluster. Each value occurs alone before values are combined.
 */
final class HostileManifests {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String prefix;
  private final String network;
  private final List<String> namespaces;
  private final Random random;
  private final List<Oddity> oddities = new ArrayList<>();

  /** One odd value in an object of a kind. */
  private record Oddity(String kind, String label, Consumer<ObjectNode> write) {}

  /**
   * @param prefix of the names of all objects
   * @param network that the Peers belong to
   */
  HostileManifests(String prefix, String network, List<String> namespaces, long seed) {
    this.prefix = prefix;
    this.network = network;
    this.namespaces = namespaces;
    this.random = new Random(seed);
    peers();
    networks();
    metadata();
    Collections.shuffle(oddities, random);
  }

  /** The given number of manifests; the same for the same seed. */
  List<HostileManifest> take(int count) {
    var manifests = new ArrayList<HostileManifest>();
    for (int i = 0; i < count; i++) {
      var oddity = oddities.get(i % oddities.size());
      var object = object(oddity.kind(), i);
      oddity.write().accept(object);
      var label = oddity.kind() + " " + oddity.label();
      if (i >= oddities.size()) {
        var other = another(oddity);
        other.write().accept(object);
        label += ", " + other.label();
      }
      manifests.add(new HostileManifest(label, object));
    }
    return manifests;
  }

  private Oddity another(Oddity first) {
    var others = oddities.stream().filter(it -> it.kind().equals(first.kind())).toList();
    return others.get(random.nextInt(others.size()));
  }

  private ObjectNode object(String kind, int number) {
    var object = JsonNodeFactory.instance.objectNode();
    object.put("apiVersion", "wiremesh.dev/v1alpha1").put("kind", kind);
    var metadata = object.putObject("metadata").put("name", prefix + "-h" + number);
    var spec = object.putObject("spec");
    if (kind.equals("Peer")) {
      metadata.put("namespace", namespaces.get(number % namespaces.size()));
      spec.putObject("networkRef").put("name", network);
    } else {
      var pool = spec.putArray("addressPools").addObject();
      pool.put("name", "v4").put("cidr", "10.%d.%d.0/24".formatted(210, number % 256));
      // Some of them join the real nodes.
      var selector = spec.putObject("nodes").putObject("selector");
      if (number % 16 != 0) {
        selector.putObject("matchLabels").put(StormScope.NODE_LABEL, "none");
      }
      spec.putObject("gateways").putObject("selector");
    }
    return object;
  }

  private void peers() {
    texts("Peer", "/persistentKeepalive", DURATIONS);
    texts("Peer", "/routes/0/cidr", PREFIXES);
    texts("Peer", "/addresses/0", ADDRESSES);
    texts("Peer", "/publicKey", KEYS);
    texts("Peer", "/keySecretRef/name", NAMES);
    texts("Peer", "/networkRef/name", NAMES);
    texts("Peer", "/client/allowedIPs/0", PREFIXES);
    texts("Peer", "/client/excludeIPs/0", PREFIXES);
    texts("Peer", "/client/dns/0", ADDRESSES);
    texts("Peer", "/client/searchDomains/0", NAMES);
    texts("Peer", "/client/table", TABLES);
    texts("Peer", "/presharedKey", List.of("None", "none", "Network", "PostQuantum", ""));
    HOSTS.forEach(host ->
        values(
            "Peer",
            "/endpoint",
            List.of(JSON.createObjectNode().put("host", host).put("port", 51820))));
    numbers("Peer", "/client/mtu");
    NUMBERS.forEach(port ->
        values(
            "Peer",
            "/endpoint",
            List.of(JSON.createObjectNode().put("host", "192.0.2.1").put("port", port))));
    for (var field : List.of("/routes", "/client", "/suspended", "/expiresAt", "/unknown/field")) {
      values("Peer", field, WRONG_TYPES.stream().map(HostileManifests::parse).toList());
    }
    values("Peer", "/routes", List.of(manyRoutes(64), manyRoutes(65), manyRoutes(2_000)));
  }

  private static JsonNode manyRoutes(int count) {
    var routes = JSON.createArrayNode();
    for (int i = 0; i < count; i++) {
      routes.addObject().put("cidr", "10.%d.%d.0/24".formatted(220 + i / 256, i % 256));
    }
    return routes;
  }

  private void networks() {
    texts("WireGuardNetwork", "/addressPools/0/cidr", PREFIXES);
    texts("WireGuardNetwork", "/addressReuseAfter", DURATIONS);
    texts("WireGuardNetwork", "/persistentKeepalive", DURATIONS);
    texts(
        "WireGuardNetwork",
        "/interfaceName",
        List.of("wg/0", "wg 0", "..", "a".repeat(15), "a".repeat(16), "lo", "eth0", "wg-home", ""));
    texts("WireGuardNetwork", "/peerRoutes/allowed/0", List.of("0.0.0.0/0", "::/0", "10.0.0.1/8"));
    numbers("WireGuardNetwork", "/listenPort");
    numbers("WireGuardNetwork", "/mtu");
    numbers("WireGuardNetwork", "/routing/table");
    numbers("WireGuardNetwork", "/routing/rulePriority");
    numbers("WireGuardNetwork", "/clientDefaults/mtu");
    for (var field : List.of("/mtu", "/nodes", "/gateways/endpoint", "/topology")) {
      values("WireGuardNetwork", field, WRONG_TYPES.stream().map(HostileManifests::parse).toList());
    }
    values(
        "WireGuardNetwork",
        "/nodes/selector",
        List.of(
            parse("{\"matchExpressions\": [{\"key\": \"a b\", \"operator\": \"In\"}]}"),
            parse(
                "{\"matchExpressions\": [{\"key\": \"a\", \"operator\": \"In\", \"values\": []}]}"),
            parse("{\"matchLabels\": {\"//\": \"x\"}}")));
  }

  private void metadata() {
    for (int bytes : new int[] {1_000, 100_000, 250_000, 262_000, 300_000, 1_500_000}) {
      add(
          "Peer",
          "an annotation of " + bytes + " bytes",
          peer -> {
            var metadata = (ObjectNode) peer.get("metadata");
            metadata.putObject("annotations").put("note", "x".repeat(bytes));
          });
    }
    for (var name : NAMES) {
      add(
          "Peer",
          "metadata.name " + TextNode.valueOf(name),
          peer -> {
            // Only names of this run may be made.
            ((ObjectNode) peer.get("metadata")).put("name", prefix + "-h-" + name);
          });
    }
    add(
        "Peer",
        "an owner that does not exist",
        peer -> {
          var metadata = (ObjectNode) peer.get("metadata");
          metadata
              .putArray("ownerReferences")
              .addObject()
              .put("apiVersion", "v1")
              .put("kind", "Node")
              .put("name", "none")
              .put("uid", "none");
        });
  }

  private void texts(String kind, String pointer, List<String> texts) {
    values(kind, pointer, texts.stream().<JsonNode>map(TextNode::valueOf).toList());
  }

  private void numbers(String kind, String pointer) {
    values(
        kind,
        pointer,
        NUMBERS.stream().<JsonNode>map(JsonNodeFactory.instance::numberNode).toList());
  }

  private void values(String kind, String pointer, List<? extends JsonNode> values) {
    for (var value : values) {
      var text = value.toString();
      add(
          kind,
          "spec" + pointer + " " + (text.length() > 60 ? text.substring(0, 60) + "…" : text),
          object -> put((ObjectNode) object.get("spec"), pointer, value));
    }
  }

  private void add(String kind, String label, Consumer<ObjectNode> write) {
    oddities.add(new Oddity(kind, label, write));
  }

  /** Writes a value at a path such as {@code /routes/0/cidr}, and what is missing of the path. */
  private static void put(ObjectNode spec, String pointer, JsonNode value) {
    var names = pointer.substring(1).split("/");
    var at = spec;
    for (int i = 0; i < names.length - 1; i++) {
      boolean isList = names[i + 1].equals("0");
      if (isList) {
        boolean isLast = i + 1 == names.length - 1;
        var list = at.get(names[i]) instanceof ArrayNode there ? there : at.putArray(names[i]);
        if (isLast) {
          list.removeAll().add(value);
          return;
        }
        if (!(list.get(0) instanceof ObjectNode)) {
          list.removeAll().addObject();
        }
        at = (ObjectNode) list.get(0);
        i++;
      } else {
        at = at.get(names[i]) instanceof ObjectNode there ? there : at.putObject(names[i]);
      }
    }
    at.set(names[names.length - 1], value);
  }

  private static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(json, e);
    }
  }
}
