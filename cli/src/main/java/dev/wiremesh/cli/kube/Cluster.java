package dev.wiremesh.cli.kube;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/**
 * The objects that the program reads, with the user's own rights. Failures become sentences: {@link
 * ForbiddenException} for a missing right, {@link CliException} for the rest. For one thread.
 */
public final class Cluster implements AutoCloseable {
  private static final String GROUP = ".wiremesh.dev";
  private static final String API = "wiremesh.dev/v1alpha1";
  private static final String APIS = "apis/" + API;
  private static final String PEERS = "peers" + GROUP;
  private static final String NETWORKS = "wireguardnetworks" + GROUP;
  private static final String NODES = "meshnodes" + GROUP;

  /** The characters of names; no other reaches a URL. */
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]*[a-z0-9])?");

  private static final Pattern USER = Pattern.compile("User \"([^\"]*)\"");

  private final ApiTransport transport;
  private final RequestTimeouts timeouts;
  private final String namespace;

  /**
   * Makes the cluster of a transport.
   *
   * @throws CliException if the namespace cannot be one
   */
  Cluster(ApiTransport transport, RequestTimeouts timeouts, String namespace) {
    if (!NAME.matcher(namespace).matches()) {
      throw new CliException(
          "'%s' is no name of a namespace: write lower-case letters, digits and '-' after -n"
              .formatted(namespace));
    }
    this.transport = transport;
    this.timeouts = timeouts;
    this.namespace = namespace;
  }

  /** The namespace of the options, else of the context. */
  public String namespace() {
    return namespace;
  }

  public Optional<SecretData> secret(String namespace, String name) {
    return object(
            new ApiRequest("get", "secrets", namespace, name),
            "api/v1/namespaces/" + namespace + "/secrets/")
        .map(answer -> {
          try {
            return SecretData.parse(answer.body());
          } catch (IOException e) {
            throw unreadable(e);
          }
        });
  }

  /** A Peer; empty if there is none of that name. */
  public Optional<Peer> peer(String namespace, String name) {
    return found(
        object(
            new ApiRequest("get", PEERS, namespace, name),
            APIS + "/namespaces/" + namespace + "/peers/"),
        Peer.class);
  }

  /** A network; empty if there is none of that name. */
  public Optional<WireGuardNetwork> network(String name) {
    return found(
        object(new ApiRequest("get", NETWORKS, null, name), APIS + "/wireguardnetworks/"),
        WireGuardNetwork.class);
  }

  public List<Peer> peers(String namespace) {
    return list(
        new ApiRequest("list", PEERS, namespace, null),
        APIS + "/namespaces/" + namespace + "/peers",
        Peer.class);
  }

  public List<Peer> peersOfAllNamespaces() {
    return list(new ApiRequest("list", PEERS, null, null), APIS + "/peers", Peer.class);
  }

  public List<WireGuardNetwork> networks() {
    return list(
        new ApiRequest("list", NETWORKS, null, null),
        APIS + "/wireguardnetworks",
        WireGuardNetwork.class);
  }

  public List<MeshNode> nodes() {
    return list(new ApiRequest("list", NODES, null, null), APIS + "/meshnodes", MeshNode.class);
  }

  /** The names of the Peers of a namespace. */
  public List<String> peerNames(String namespace) {
    return names(
        new ApiRequest("list", PEERS, namespace, null),
        APIS + "/namespaces/" + namespace + "/peers");
  }

  /** The names of all networks. */
  public List<String> networkNames() {
    return names(new ApiRequest("list", NETWORKS, null, null), APIS + "/wireguardnetworks");
  }

  /** The names of all namespaces. */
  public List<String> namespaces() {
    return names(new ApiRequest("list", "namespaces", null, null), "api/v1/namespaces");
  }

  @Override
  public void close() {
    transport.close();
  }

  /** An object; empty if there is none of that name. The path goes before the name. */
  private Optional<ApiAnswer> object(ApiRequest request, String path) {
    var name = String.valueOf(request.name());
    if (!NAME.matcher(name).matches()) {
      return Optional.empty();
    }
    var answer = ask(request, path + name);
    return answer.status() == 404 ? Optional.empty() : Optional.of(answer);
  }

  /** An object that is missing, unless its whole kind is. */
  private <T> Optional<T> found(Optional<ApiAnswer> object, Class<T> kind) {
    if (object.isEmpty() && ask(new ApiRequest("get", API, null, null), APIS).status() == 404) {
      throw notInstalled();
    }
    return object.map(it -> convert(read(it), kind));
  }

  /** The objects in the order of namespaces and names. */
  private <T extends HasMetadata> List<T> list(ApiRequest request, String path, Class<T> kind) {
    var objects = new ArrayList<T>();
    items(request, path).forEach(it -> objects.add(convert(it, kind)));
    // Zero sorts before every character of a name.
    objects.sort(
        Comparator.comparing(
            it -> it.getMetadata().getNamespace() + "\0" + it.getMetadata().getName()));
    return objects;
  }

  private List<String> names(ApiRequest request, String path) {
    var names = new ArrayList<String>();
    items(request, path).forEach(it -> names.add(it.path("metadata").path("name").asText()));
    names.sort(null);
    return names;
  }

  private JsonNode items(ApiRequest request, String path) {
    var answer = ask(request, path);
    if (answer.status() == 404) {
      throw notInstalled();
    }
    return read(answer).path("items");
  }

  /** The answer to a request that was allowed; its status is 200 or 404. */
  private ApiAnswer ask(ApiRequest request, String path) {
    ApiAnswer answer;
    try {
      answer = transport.get(path);
    } catch (IOException e) {
      throw new CliException(
          "cannot reach the API server %s: %s".formatted(transport.server(), cause(e)), e);
    }
    return switch (answer.status()) {
      case 200, 404 -> answer;
      case 401 ->
          throw new CliException(
              "the API server %s refuses your credentials: log in again, or choose another user with --context"
                  .formatted(transport.server()));
      case 403 -> throw new ForbiddenException(request.missingRight(user(answer)));
      default ->
          throw new CliException(
              "the API server %s answered %d: %s"
                  .formatted(transport.server(), answer.status(), said(answer)));
    };
  }

  private JsonNode read(ApiAnswer answer) {
    try {
      return Json.MAPPER.readTree(answer.body());
    } catch (JsonProcessingException e) {
      throw unreadable(e);
    }
  }

  private <T> T convert(JsonNode object, Class<T> kind) {
    try {
      return Json.MAPPER.treeToValue(object, kind);
    } catch (JsonProcessingException e) {
      throw unreadable(e);
    }
  }

  private CliException unreadable(IOException e) {
    // The text itself may hold a key.
    return new CliException(
        "the API server %s answered with something that is not JSON of its kinds: is it one? (%s)"
            .formatted(
                transport.server(),
                e instanceof JsonProcessingException json ? json.getOriginalMessage() : e),
        e);
  }

  private CliException notInstalled() {
    return new CliException(
        "the cluster at %s has no Wiremesh: its kinds (%s) are not installed. See docs/install.md, or choose another cluster with --context"
            .formatted(transport.server(), API));
  }

  private String user(ApiAnswer answer) {
    var user = USER.matcher(said(answer));
    return user.find() ? user.group(1) : "";
  }

  /** The message of a refusal. */
  private String said(ApiAnswer answer) {
    try {
      var message = Json.MAPPER.readTree(answer.body()).path("message").asText();
      return message.isEmpty() ? "no message" : message;
    } catch (JsonProcessingException _) {
      return "no message of Kubernetes";
    }
  }

  /** The failure of a connection in the words of a person. */
  private String cause(Throwable failure) {
    for (Throwable e = failure; e != null; e = e.getCause()) {
      switch (e) {
        case UnknownHostException unknown -> {
          return "its name has no address (" + unknown.getMessage() + ")";
        }
        case SSLException ssl -> {
          return "TLS failed: " + ssl.getMessage();
        }
        case HttpConnectTimeoutException _ -> {
          return timeouts.noConnection();
        }
        case HttpTimeoutException _, SocketTimeoutException _, TimeoutException _ -> {
          return "it accepts connections, but does not answer";
        }
        case ConnectException connect when connect.getMessage() != null -> {
          return connect.getMessage();
        }
        default -> {}
      }
    }
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    // The JDK's HTTP client has connection failures without a message.
    return root instanceof ConnectException || root.getMessage() == null
        ? "connection refused"
        : root.getMessage();
  }

  /** The mapper, made at its first use: conf and qr need none, and it takes a while to start. */
  private static final class Json {
    static final ObjectMapper MAPPER = new ObjectMapper();
  }
}
