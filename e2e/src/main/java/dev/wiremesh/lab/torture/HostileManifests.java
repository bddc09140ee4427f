package dev.wiremesh.lab.torture;

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

  private static final List<String> DURATIONS =
      List.of(
          "0s",
          "25s",
          "25",
          "25 s",
          "",
          "-1s",
          "+25s",
          "500ms",
          "0.5s",
          "1d",
          "1h",
          "1H",
          "65535s",
          "65536s",
          "0000000025s",
          "18h12m15s",
          "18h12m16s",
          "1h1h1h",
          "9999999999h",
          "1000000000s",
          "8784h",
          "8785h",
          "000001h",
          "2562048h",
          "25s\n",
          "٢٥s",
          "25s25",
          "PT25S",
          "1e3s");

  private static final List<String> PREFIXES =
      List.of(
          "0.0.0.0/0",
          "::/0",
          "10.0.0.0/8",
          "10.70.0.0/16",
          "10.70.0.0/17",
          "10.70.0.1/32",
          "10.70.0.1/16",
          "010.71.0.0/16",
          "10.71.0.0/33",
          "10.71.0.0/-1",
          "10.71.0.0/08",
          "10.71.0.0",
          "/33",
          "",
          "10.96.0.0/16",
          "10.96.0.1/32",
          "10.244.0.0/16",
          "127.0.0.0/8",
          "127.5.0.0/24",
          "169.254.169.254/32",
          "192.168.200.0/24",
          "192.168.200.128/25",
          "192.168.200.10/32",
          "192.168.0.0/16",
          "224.0.0.0/24",
          "240.0.0.0/4",
          "255.255.255.255/32",
          "100.64.0.0/10",
          "172.16.0.2/32",
          "fd00:70::/64",
          "fe80::/64",
          "ff02::/64",
          "fc00::/7",
          "::1/128",
          "::ffff:10.0.0.0/104",
          "2001:DB8::/32",
          "2001:db8:0:0::/64",
          "fd00::1%eth0/128",
          "1.2.3/24",
          "0x0a.0.0.0/8",
          "10.71.0.0/16 ",
          "10.71.0.0/16\n");

  private static final List<String> ADDRESSES =
      List.of(
          "10.70.0.0",
          "10.70.0.1",
          "10.70.255.255",
          "10.70.0.07",
          "10.70.0.7/32",
          "10.71.0.7",
          "0.0.0.0",
          "127.0.0.1",
          "203.0.113.555",
          "::",
          "::1",
          "fd00:70::7",
          "fe80::1",
          "::ffff:10.70.0.7",
          "localhost",
          "",
          "10.70.0.7,10.70.0.8");

  private static final List<String> NAMES =
      List.of(
          "a",
          "A",
          "a.b",
          "-a",
          "a-",
          "a/b",
          "../../wiremesh-system/secrets/wiremesh-gateway-home",
          "..",
          "a b",
          "a\nb",
          "ä",
          "a".repeat(32),
          "a".repeat(33),
          "a".repeat(253),
          "a".repeat(254),
          "",
          "%2e%2e",
          "a?b=c",
          "home");

  private static final List<String> KEYS =
      List.of(
          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
          "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
          "4Ot6fDtBuK4WVuP68Z/EatoJjeucMrH9hmIFFl9JuAA=",
          "7f///////////////////////////////////////38=",
          "7P////////////////////////////////////////8=",
          "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=",
          "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=\n",
          "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmp=",
          "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo=",
          "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo",
          "85 20",
          "",
          "x".repeat(65));

  private static final List<String> TABLES =
      List.of(
          "auto",
          "off",
          "main",
          "0",
          "1",
          "253",
          "254",
          "255",
          "51900",
          "4294967295",
          "4294967296",
          "-1",
          "1.5",
          "0x100",
          "",
          "AUTO");

  private static final List<String> HOSTS =
      List.of(
          "127.0.0.1",
          "0.0.0.0",
          "203.0.113.555",
          "203.0.113.5",
          "203.0.113.05",
          "1",
          "10.96.0.1",
          "169.254.169.254",
          "255.255.255.255",
          "[2001:db8::5]",
          "2001:db8::5",
          "fe80::1%eth0",
          "::ffff:127.0.0.1",
          "vpn.example.com",
          "vpn.example.com.",
          "vpn..example.com",
          "vpn_example.com",
          "localhost",
          "vpn.example.com:51820",
          "x".repeat(64) + ".example",
          "a.".repeat(126) + "a",
          "xn--bcher-kva.example",
          "bücher.example",
          "$(reboot)",
          "a\nPostUp = reboot");

  private static final List<Integer> NUMBERS =
      List.of(
          Integer.MIN_VALUE,
          -1,
          0,
          1,
          253,
          255,
          575,
          576,
          1279,
          1280,
          32765,
          32766,
          65535,
          65536,
          Integer.MAX_VALUE);

  /** JSON in the place of a text or an object. */
  private static final List<String> WRONG_TYPES =
      List.of("null", "25", "true", "[]", "[\"\"]", "{}", "[null]", "1e400", "\"auto\"");

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

  /** So many manifests; the same for the same seed. */
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
