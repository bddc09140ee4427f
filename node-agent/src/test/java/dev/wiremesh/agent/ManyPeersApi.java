package dev.wiremesh.agent;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.wiremesh.core.keys.PresharedKeySeed;
import dev.wiremesh.core.keys.PrivateKey;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An API server with one network, one gateway node and many Peers, which are generated for each
 * answer. Speaks plain HTTP; lists are paged and watches are quiet until {@link #expireWatches}.
 *
 * <p>Thread-safe; a virtual thread for each request.
 */
final class ManyPeersApi implements AutoCloseable {
  static final String NODE = "node-a";

  /** This number of Peers with the largest annotations is several times the heap's size. */
  static final int FAT_PEERS = 2_500;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String API = "wiremesh.dev/v1alpha1";
  private static final String GONE =
      """
      {"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure",\
      "message":"too old resource version","reason":"Expired","code":410}}
      """;

  private static final String CONDITIONS =
      String.join(
          ",",
          Arrays.stream(
                  new String[] {
                    "Accepted", "AddressAllocated", "KeyReady", "ConfigPublished", "Ready"
                  })
              .map(type ->
                  """
                  {"type":"%s","status":"True","reason":"%s","observedGeneration":1,\
                  "lastTransitionTime":"2026-03-01T11:00:00Z",\
                  "message":"A sentence of the usual length about this part of the peer."}\
                  """
                      .formatted(type, type))
              .toList());

  private static final String MANAGED_FIELDS =
      """
      {"manager":"wiremesh-operator","operation":"Apply","apiVersion":"wiremesh.dev/v1alpha1",\
      "time":"2026-03-01T11:00:00Z","fieldsType":"FieldsV1","subresource":"status",\
      "fieldsV1":{"f:status":{"f:addresses":{},"f:configSecret":{},"f:homeGateway":{},\
      "f:observedGeneration":{},"f:publicKey":{},"f:conditions":{%s}}}}\
      """
          .formatted(
              String.join(
                  ",",
                  Arrays.stream(new String[] {"a", "b", "c", "d", "e", "f"})
                      .map(type ->
                          """
                          "k:{\\"type\\":\\"%s\\"}":{".":{},"f:lastTransitionTime":{},\
                          "f:message":{},"f:observedGeneration":{},"f:reason":{},\
                          "f:status":{},"f:type":{}}\
                          """
                              .formatted(type))
                      .toList()));

  private final HttpServer server;
  private final int peers;
  private final String network;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, String> secrets = new HashMap<>();
  private final Set<OutputStream> watches = ConcurrentHashMap.newKeySet();
  private final AtomicInteger fullLists = new AtomicInteger();
  private final AtomicInteger version = new AtomicInteger(1000);

  /** The size of an annotation of the first {@link #FAT_PEERS} Peers. */
  private volatile int annotationBytes;

  ManyPeersApi(int peers) throws IOException {
    this.peers = peers;
    var gateway = secretKey("wiremesh-gateway-home");
    secretKey("wiremesh-node-home.node-a");
    secret(
        "wiremesh-network-home", "presharedKeySeed", PresharedKeySeed.generate(random).toBase64());
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    network =
        """
        {"metadata":%s,
         "spec":{"addressPools":[{"name":"v4","cidr":"10.64.0.0/10"}],
                 "nodes":{"selector":{}},"gateways":{"selector":{}}},
         "status":{"observedGeneration":1,"gatewayPublicKey":"%s",
                   "effective":{"listenPort":51900,"interfaceName":"wg-home",
                                "routingTable":51900,"rulePriority":20000}}}\
        """
            .formatted(metadata("home", ""), gateway.publicKey());
    server.start();
  }

  private PrivateKey secretKey(String name) {
    var key = PrivateKey.generate(random);
    secret(name, "privateKey", key.toBase64());
    return key;
  }

  private void secret(String name, String entry, String text) {
    secrets.put(
        name,
        """
        {"metadata":{"name":"%s","namespace":"wiremesh-system","uid":"%s","resourceVersion":"1"},
         "data":{"%s":"%s"}}\
        """
            .formatted(
                name,
                name,
                entry,
                Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8))));
  }

  String address() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  /** The number of times that all Peers were listed to the end. */
  int fullLists() {
    return fullLists.get();
  }

  void annotate(int bytes) {
    annotationBytes = bytes;
  }

  /** Tells each watch that its resourceVersion is gone, so that its client lists anew. */
  void expireWatches() {
    for (var watch : watches) {
      try {
        watch.write(GONE.getBytes(StandardCharsets.UTF_8));
        watch.flush();
        watch.close();
      } catch (IOException e) {
        // The client has closed it.
        watches.remove(watch);
      }
    }
    watches.clear();
  }

  private void answer(HttpExchange exchange) throws IOException {
    var query = query(exchange.getRequestURI());
    if (!exchange.getRequestMethod().equals("GET")) {
      // A write: the object is answered as it came.
      send(exchange, exchange.getRequestBody().readAllBytes());
    } else if ("websocket".equalsIgnoreCase(exchange.getRequestHeaders().getFirst("Upgrade"))) {
      // No WebSocket: the client then watches by a plain request.
      exchange.sendResponseHeaders(200, -1);
      exchange.close();
    } else if ("true".equals(query.get("watch"))) {
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, 0);
      exchange.getResponseBody().flush();
      watches.add(exchange.getResponseBody());
    } else {
      list(exchange, exchange.getRequestURI().getPath(), query);
    }
  }

  private static Map<String, String> query(URI uri) {
    var query = new HashMap<String, String>();
    var text = uri.getRawQuery();
    if (text != null) {
      for (var pair : text.split("&")) {
        int equals = pair.indexOf('=');
        query.put(
            pair.substring(0, equals),
            URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    return query;
  }

  private void list(HttpExchange exchange, String path, Map<String, String> query)
      throws IOException {
    switch (path.substring(path.lastIndexOf('/') + 1)) {
      case "wireguardnetworks" -> send(exchange, list("WireGuardNetwork", "", network));
      case "meshnodes" -> send(exchange, list("MeshNode", "", meshNode()));
      case "peers" -> peers(exchange, query);
      case "secrets" -> {
        var name = query.getOrDefault("fieldSelector", "").replace("metadata.name=", "");
        send(exchange, list("Secret", "", secrets.getOrDefault(name, "")));
      }
      default -> {
        exchange.sendResponseHeaders(404, -1);
        exchange.close();
      }
    }
  }

  private void peers(HttpExchange exchange, Map<String, String> query) throws IOException {
    int from = Integer.parseInt(query.getOrDefault("continue", "0"));
    int to = Math.min(peers, from + Integer.parseInt(query.getOrDefault("limit", "" + peers)));
    var items = new StringBuilder();
    for (int i = from; i < to; i++) {
      items.append(i == from ? "" : ",").append(peer(i));
    }
    send(exchange, list("Peer", to < peers ? Integer.toString(to) : "", items.toString()));
    if (to == peers) {
      fullLists.incrementAndGet();
    }
  }

  private byte[] list(String kind, String more, String items) {
    return """
    {"kind":"%sList","apiVersion":"%s",\
    "metadata":{"resourceVersion":"%d","continue":"%s"},"items":[%s]}\
    """
        .formatted(kind, kind.equals("Secret") ? "v1" : API, version.incrementAndGet(), more, items)
        .getBytes(StandardCharsets.UTF_8);
  }

  private static void send(HttpExchange exchange, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, body.length);
    try (var out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  private static String meshNode() {
    return """
    {"metadata":%s,
     "spec":{"networkRef":{"name":"home"},"nodeName":"%s","addresses":["10.64.0.1"],
             "endpoints":[{"host":"172.31.0.1","port":51900}],"gateway":true,
             "keySecret":"wiremesh-node-home.node-a"}}\
    """
        .formatted(metadata("home.node-a", ""), NODE);
  }

  /** A Peer as a cluster has it: with managed fields, labels, conditions and connectivity. */
  private String peer(int number) {
    var key = new byte[32];
    new Random(number).nextBytes(key);
    key[31] &= 127;
    var publicKey = Base64.getEncoder().encodeToString(key);
    return """
    {"metadata":%s,
     "spec":{"networkRef":{"name":"home"},"publicKey":"%s","presharedKey":"None"},
     "status":{"observedGeneration":1,"addresses":["10.%d.%d.%d"],"homeGateway":"%s",
               "publicKey":"%s","configSecret":"peer-%d-wiremesh",
               "connectivity":{"state":"Never","gateway":"%s"},
               "conditions":[%s]}}\
    """
        .formatted(
            metadata(
                "peer-" + number,
                "tenant-" + number % 40,
                number < FAT_PEERS ? annotationBytes : 0),
            publicKey,
            65 + number / 65000,
            number / 250 % 250,
            1 + number % 250,
            NODE,
            publicKey,
            number,
            NODE,
            CONDITIONS);
  }

  private static String metadata(String name, String namespace, int annotationBytes) {
    return """
    {"name":"%s",%s"uid":"uid-%s","resourceVersion":"1000","generation":1,
     "creationTimestamp":"2026-03-01T11:00:00Z","labels":{"app.kubernetes.io/name":"%s"},
     "annotations":{"note":"%s"},"managedFields":[%s]}\
    """
        .formatted(
            name,
            namespace.isEmpty() ? "" : "\"namespace\":\"" + namespace + "\",",
            name,
            name,
            "x".repeat(annotationBytes),
            MANAGED_FIELDS);
  }

  private static String metadata(String name, String namespace) {
    return metadata(name, namespace, 0);
  }

  /** The text of a kubeconfig for a client that reaches this server at an address. */
  static String kubeconfig(String address) throws IOException {
    return JSON.writeValueAsString(
        Map.of(
            "apiVersion",
            "v1",
            "kind",
            "Config",
            "current-context",
            "c",
            "clusters",
            new Object[] {Map.of("name", "c", "cluster", Map.of("server", "http://" + address))},
            "users",
            new Object[] {Map.of("name", "u", "user", Map.of("token", "t"))},
            "contexts",
            new Object[] {Map.of("name", "c", "context", Map.of("cluster", "c", "user", "u"))}));
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
