package dev.wiremesh.cli.kube;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The transport of all kubeconfigs: several files, login programs, proxies, the ServiceAccount of a
 * pod. For one thread.
 */
final class Fabric8Transport implements ApiTransport {
  private static final Path SERVICE_ACCOUNT =
      Path.of("/var/run/secrets/kubernetes.io/serviceaccount/token");

  private final KubernetesClient client;
  private final RequestTimeouts timeouts;

  private Fabric8Transport(KubernetesClient client, RequestTimeouts timeouts) {
    this.client = client;
    this.timeouts = timeouts;
  }

  /**
   * Reads the kubeconfig and makes a client; sends nothing yet.
   *
   * @throws CliException if there is no kubeconfig, or none that can be used
   */
  static Fabric8Transport open(
      KubeconfigFiles files,
      @Nullable String context,
      Impersonation impersonation,
      RequestTimeouts timeouts) {
    var config = read(files, context);
    if (context != null && !contexts(config).contains(context)) {
      throw new CliException(
          "the kubeconfig has no context %s; it has: %s"
              .formatted(context, String.join(", ", contexts(config))));
    }
    // With contexts, but none chosen, the client would ask some default address.
    if (config.getCurrentContext() == null && !config.getContexts().isEmpty()) {
      throw new CliException(
          "the kubeconfig has no current context: write --context, with one of: "
              + String.join(", ", contexts(config)));
    }
    if (impersonation.user() != null) {
      config.setImpersonateUsername(impersonation.user());
      config.setImpersonateGroups(impersonation.groups().toArray(String[]::new));
    }
    // A handful of requests: HTTP/2 costs more time than it saves.
    config.setHttp2Disable(true);
    // A person waits: one try, and the reason.
    config.setRequestRetryBackoffLimit(0);
    config.setConnectionTimeout(timeouts.connectMillis());
    config.setRequestTimeout(timeouts.answerMillis());
    var trust = ClusterTrust.takeFrom(config);
    return new Fabric8Transport(
        new KubernetesClientBuilder()
            .withConfig(config)
            .withHttpClientBuilderConsumer(trust)
            // It searches no class path for all kinds of Kubernetes: no objects are read by it.
            .withKubernetesSerialization(new KubernetesSerialization(new ObjectMapper(), false))
            .build(),
        timeouts);
  }

  /** The names of the contexts of these files. */
  static List<String> contexts(KubeconfigFiles files) {
    return contexts(read(files, null));
  }

  private static List<String> contexts(Config config) {
    return config.getContexts().stream().map(it -> it.getName()).toList();
  }

  private static Config read(KubeconfigFiles files, @Nullable String context) {
    if (files.noneIsReadable() && !Files.isReadable(SERVICE_ACCOUNT)) {
      throw new CliException(
          "there is no kubeconfig (%s): write --kubeconfig FILE, or set KUBECONFIG"
              .formatted(files));
    }
    if (!files.noneIsReadable()) {
      System.setProperty(Config.KUBERNETES_KUBECONFIG_FILE, files.joined());
    }
    try {
      return Config.autoConfigure(context);
    } catch (RuntimeException e) {
      throw new CliException(
          "cannot use the kubeconfig (%s): %s".formatted(files, e.getMessage()), e);
    }
  }

  /** The namespace of the context; null for none. */
  @Nullable String namespace() {
    return client.getConfiguration().getNamespace();
  }

  @Override
  public String server() {
    return client.getMasterUrl().toString();
  }

  @Override
  public ApiAnswer get(String path) throws IOException {
    var http = client.getHttpClient();
    var request =
        http.newHttpRequestBuilder()
            .uri(server() + path)
            .header("Accept", "application/json")
            .timeout(timeouts.answerMillis(), TimeUnit.MILLISECONDS)
            .build();
    try {
      var answer =
          http.sendAsync(request, String.class)
              .get(timeouts.connectMillis() + timeouts.answerMillis(), TimeUnit.MILLISECONDS);
      return new ApiAnswer(answer.code(), answer.body() == null ? "" : answer.bodyString());
    } catch (ExecutionException | TimeoutException | KubernetesClientException e) {
      throw new IOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
