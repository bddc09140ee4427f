package dev.wiremesh.cli.kube;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The objects that the program reads, with the user's own rights. Failures become sentences: {@link
 * ForbiddenException} for a missing right, {@link CliException} for the rest. For one thread.
 */
public final class Cluster implements AutoCloseable {
  private static final String GROUP = ".wiremesh.dev";
  private static final String API = "wiremesh.dev/v1alpha1";
  private static final String PEERS = "peers" + GROUP;
  private static final String NETWORKS = "wireguardnetworks" + GROUP;
  private static final String NODES = "meshnodes" + GROUP;
  private static final Pattern USER = Pattern.compile("User \"([^\"]*)\"");

  private final KubernetesClient client;
  private final String namespace;

  Cluster(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  /** The namespace of the options, else of the context. */
  public String namespace() {
    return namespace;
  }

  public Optional<Secret> secret(String namespace, String name) {
    return ask(
        new ApiRequest("get", "secrets", namespace, name),
        () -> Optional.ofNullable(client.secrets().inNamespace(namespace).withName(name).get()));
  }

  /** A Peer; empty if there is none of that name. */
  public Optional<Peer> peer(String namespace, String name) {
    return ask(
        new ApiRequest("get", PEERS, namespace, name),
        () -> {
          var peer = client.resources(Peer.class).inNamespace(namespace).withName(name).get();
          return found(peer);
        });
  }

  /** A network; empty if there is none of that name. */
  public Optional<WireGuardNetwork> network(String name) {
    return ask(
        new ApiRequest("get", NETWORKS, null, name),
        () -> found(client.resources(WireGuardNetwork.class).withName(name).get()));
  }

  public List<Peer> peers(String namespace) {
    return ask(
        new ApiRequest("list", PEERS, namespace, null),
        () -> sorted(client.resources(Peer.class).inNamespace(namespace).list()));
  }

  public List<Peer> peersOfAllNamespaces() {
    return ask(
        new ApiRequest("list", PEERS, null, null),
        () -> sorted(client.resources(Peer.class).inAnyNamespace().list()));
  }

  public List<WireGuardNetwork> networks() {
    return ask(
        new ApiRequest("list", NETWORKS, null, null),
        () -> sorted(client.resources(WireGuardNetwork.class).list()));
  }

  public List<MeshNode> nodes() {
    return ask(
        new ApiRequest("list", NODES, null, null),
        () -> sorted(client.resources(MeshNode.class).list()));
  }

  /** The names of all namespaces. */
  public List<String> namespaces() {
    return ask(
        new ApiRequest("list", "namespaces", null, null),
        () ->
            client.namespaces().list().getItems().stream()
                .map(namespace -> namespace.getMetadata().getName())
                .toList());
  }

  @Override
  public void close() {
    client.close();
  }

  /** An object that is missing, unless its whole kind is. */
  private <T> Optional<T> found(@Nullable T object) {
    if (object == null && client.getApiResources(API) == null) {
      throw notInstalled(null);
    }
    return Optional.ofNullable(object);
  }

  private static <T extends HasMetadata> List<T> sorted(KubernetesResourceList<T> list) {
    return list.getItems().stream().sorted(Cluster::byNamespaceAndName).toList();
  }

  private static int byNamespaceAndName(HasMetadata one, HasMetadata other) {
    return key(one).compareTo(key(other));
  }

  private static String key(HasMetadata object) {
    // Zero sorts before every character of a name.
    return object.getMetadata().getNamespace() + "\0" + object.getMetadata().getName();
  }

  private <T> T ask(ApiRequest request, Supplier<T> call) {
    try {
      return call.get();
    } catch (KubernetesClientException e) {
      throw explained(request, e);
    }
  }

  private RuntimeException explained(ApiRequest request, KubernetesClientException e) {
    return switch (e.getCode()) {
      case 401 ->
          new CliException(
              "the API server %s refuses your credentials: log in again, or choose another user"
                      .formatted(client.getMasterUrl())
                  + " with --context",
              e);
      case 403 -> new ForbiddenException(request.missingRight(user(e)), e);
      case 404 -> notInstalled(e);
      default ->
          e.getCode() > 0
              ? new CliException(
                  "the API server %s answered %d: %s"
                      .formatted(client.getMasterUrl(), e.getCode(), said(e)),
                  e)
              : new CliException(
                  "cannot reach the API server %s: %s".formatted(client.getMasterUrl(), cause(e)),
                  e);
    };
  }

  private CliException notInstalled(@Nullable Throwable cause) {
    var message =
        "the cluster at %s has no Wiremesh: its kinds (%s) are not installed. See docs/install.md, or choose another cluster with --context"
            .formatted(client.getMasterUrl(), API);
    return cause == null ? new CliException(message) : new CliException(message, cause);
  }

  private static String user(KubernetesClientException e) {
    var user = USER.matcher(said(e));
    return user.find() ? user.group(1) : "";
  }

  private static String said(KubernetesClientException e) {
    var status = e.getStatus();
    return String.valueOf(
        status != null && status.getMessage() != null ? status.getMessage() : e.getMessage());
  }

  /** The failure of a connection in the words of a person. */
  private static String cause(Throwable failure) {
    for (Throwable e = failure; e != null; e = e.getCause()) {
      switch (e) {
        case UnknownHostException unknown -> {
          return "its name has no address (" + unknown.getMessage() + ")";
        }
        case SSLException ssl -> {
          return "TLS failed: " + ssl.getMessage();
        }
        case HttpConnectTimeoutException _ -> {
          return "it does not answer within %d s".formatted(5);
        }
        case HttpTimeoutException _, TimeoutException _ -> {
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
}
