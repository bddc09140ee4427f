package dev.wiremesh.operator.peer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Random objects of a kind, made from the schema in its CRD: every bound of numbers, lengths and
 * lists occurs, every enum value, and for texts with a rule the values at that rule's edges.
 */
final class SchemaObjects {
  private static final Path CRDS = Path.of("../helm/wiremesh/crds");
  private static final int LONGEST_BLOCK = 43;
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final JsonNode schema;
  private final String kind;
  private final Random random;

  SchemaObjects(String file, Random random) throws IOException {
    var crd =
        new ObjectMapper()
            .<JsonNode>valueToTree(
                Serialization.unmarshal(Files.readString(CRDS.resolve(file)), Map.class));
    this.schema = crd.at("/spec/versions/0/schema/openAPIV3Schema/properties");
    this.kind = crd.at("/spec/names/kind").asText();
    this.random = random;
  }

  ObjectNode object(String namespace, String name) {
    var object = JSON.objectNode();
    object.put("apiVersion", "wiremesh.dev/v1alpha1").put("kind", kind);
    var metadata = object.putObject("metadata");
    metadata.put("name", name).put("uid", "uid-" + name);
    metadata.put("generation", 1).put("creationTimestamp", "2026-03-01T11:00:00Z");
    if (!namespace.isEmpty()) {
      metadata.put("namespace", namespace);
    }
    object.set("spec", value("spec", schema.get("spec")));
    object.set("status", value("status", schema.get("status")));
    return object;
  }

  private JsonNode value(String name, JsonNode part) {
    if (name.equals("nodeAddressShare")) {
      return JSON.textNode(pick("0%", "9%", "10%", "90%"));
    }
    if (part.path("x-kubernetes-int-or-string").asBoolean()) {
      return random.nextBoolean()
          ? JSON.textNode("auto")
          : JSON.numberNode(pick(576, 1279, 1280, 1420, 65535));
    }
    if (part.has("enum")) {
      return part.get("enum").get(random.nextInt(part.get("enum").size()));
    }
    return switch (part.path("type").asText()) {
      case "object" -> part.has("properties") ? fields(part) : JSON.objectNode();
      case "array" -> list(name, part);
      case "boolean" -> JSON.booleanNode(random.nextBoolean());
      case "integer" -> JSON.numberNode(number(part));
      default -> JSON.textNode(text(name, part));
    };
  }

  private JsonNode fields(JsonNode part) {
    var fields = JSON.objectNode();
    var required = new ArrayList<String>();
    part.path("required").forEach(name -> required.add(name.asText()));
    part.get("properties")
        .properties()
        .forEach(field -> {
          if (required.contains(field.getKey()) || random.nextInt(3) > 0) {
            fields.set(field.getKey(), value(field.getKey(), field.getValue()));
          }
        });
    if (fields.has("publicKey") && fields.has("keySecretRef")) {
      fields.remove("keySecretRef");
    }
    return fields;
  }

  private JsonNode list(String name, JsonNode part) {
    int least = part.path("minItems").asInt(0);
    int most = part.path("maxItems").asInt(4);
    int size = random.nextInt(20) == 0 ? most : Math.min(most, least + random.nextInt(4));
    var list = JSON.arrayNode();
    for (int i = 0; i < size; i++) {
      list.add(value(name, part.get("items")));
    }
    return list;
  }

  private long number(JsonNode part) {
    long least = part.path("minimum").asLong(Integer.MIN_VALUE);
    long most = part.path("maximum").asLong(Integer.MAX_VALUE);
    return switch (random.nextInt(4)) {
      case 0 -> least;
      case 1 -> most;
      default -> least + (long) (random.nextDouble() * (most - least));
    };
  }

  private String text(String name, JsonNode part) {
    var wanted =
        switch (name) {
          case "persistentKeepalive" ->
              pick("0s", "25s", "65535s", "0000000025s", "18h12m15s", "0000001092m15s", "1m1m1s");
          case "addressReuseAfter" ->
              pick("0s", "24h", "8784h", "000001h", "31622400s", "527040m", "8783h59m60s");
          case "cidr",
              "reserved",
              "allowed",
              "allowedIPs",
              "excludeIPs",
              "podCIDRs",
              "clusterCIDRs",
              "advertisedCIDRs" ->
              prefix();
          case "address", "addresses", "dns", "resolvers" ->
              part.path("maxLength").asInt() == LONGEST_BLOCK ? prefix() : address();
          case "host" ->
              pick(
                  "vpn.example.com.",
                  "a",
                  "xn--bcher-kva.example",
                  "192.0.2.7",
                  "2001:db8::7",
                  "a".repeat(63) + ".example",
                  "10.0.0.1",
                  "fc00::1");
          case "publicKey", "gatewayPublicKey" -> key();
          case "network" -> "home";
          case "name", "nodeName", "node", "homeGateway", "uid", "namespace" ->
              pick("home", "node-0", "node-1", "node-2", "a", "x.y.z");
          case "key" -> pick("privateKey", "..a", "A_b-c.d");
          case "table" -> pick("auto", "off", "1", "4294967295", "254");
          case "interfaceName" -> pick("a", "wg-home", "A_-0123456789ab");
          case "searchDomains" -> pick("home.internal", "a", "x..y");
          case "status" -> pick("True", "False", "Unknown");
          case "lastTransitionTime", "releasedAt", "since", "lastHandshakeTime" ->
              pick("2026-03-01T11:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z");
          default -> letters(part);
        };
    int most = part.path("maxLength").asInt(253);
    return wanted.length() > most ? wanted.substring(0, most) : wanted;
  }

  private String letters(JsonNode part) {
    int least = Math.max(1, part.path("minLength").asInt(0));
    int most = Math.min(64, part.path("maxLength").asInt(64));
    return "a".repeat(random.nextBoolean() ? least : most);
  }

  private String address() {
    return random.nextInt(3) > 0
        ? pick(
            "10.70.%d.%d".formatted(random.nextInt(256), random.nextInt(256)),
            "0.0.0.0",
            "255.255.255.255",
            "10.70.0.0",
            "10.70.255.255")
        : pick(
            "fd00:70::%x".formatted(random.nextInt(65536)),
            "::",
            "fd00:70::",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  }

  private String prefix() {
    if (random.nextInt(3) > 0) {
      int length = random.nextInt(33);
      long mask = length == 0 ? 0 : -1L << (32 - length) & 0xffffffffL;
      long bits =
          (random.nextBoolean() ? 0x0a460000L | random.nextInt(65536) : random.nextLong()) & mask;
      return "%d.%d.%d.%d/%d"
          .formatted(bits >> 24 & 255, bits >> 16 & 255, bits >> 8 & 255, bits & 255, length);
    }
    return pick(
        "::/0",
        "fd00:70::/64",
        "fd00:70::/32",
        "8000::/1",
        "fd00:70::%x/128".formatted(random.nextInt(65536)));
  }

  private String key() {
    var bytes = new byte[32];
    random.nextBytes(bytes);
    return Base64.getEncoder().encodeToString(bytes);
  }

  @SafeVarargs
  private <T> T pick(T... values) {
    return values[random.nextInt(values.length)];
  }

  /**
   * Pools as a network must have them (any size that the rules allow, without an overlap), and for
   * most networks everything that the operator chooses.
   */
  ObjectNode withPools(ObjectNode network) {
    var pools = ((ObjectNode) network.get("spec")).putArray("addressPools");
    var blocks =
        List.of(
            pick("10.0.0.0/8", "10.70.0.0/16", "10.70.0.0/30", "10.70.0.0/24"),
            pick("fd00:70::/32", "fd00:70::/64", "fd00:70::/126"));
    for (int i = 0; i < blocks.size(); i++) {
      if (i == 0 || random.nextBoolean()) {
        pools.addObject().put("name", "p" + i).put("cidr", blocks.get(i));
      }
    }
    if (blocks.get(0).contains("/16") && random.nextBoolean()) {
      ((ObjectNode) pools.get(0)).putArray("reserved").add("10.70.0.0/28").add("10.70.255.255/32");
    }
    if (random.nextInt(4) > 0) {
      network
          .withObject("/status/effective")
          .put("listenPort", 51900)
          .put("interfaceName", "wg-home")
          .put("routingTable", 51900)
          .put("rulePriority", 20000);
    }
    return network;
  }
}
