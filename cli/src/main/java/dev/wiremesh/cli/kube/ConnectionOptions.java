package dev.wiremesh.cli.kube;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options that choose cluster, user and namespace, with the names that kubectl has for them.
 * Filled by picocli; read by one thread.
 */
public final class ConnectionOptions {
  private static final int CONNECT_TIMEOUT_MILLIS = 5_000;
  private static final int REQUEST_TIMEOUT_MILLIS = 30_000;
  private static final int BRIEF_TIMEOUT_MILLIS = 2_000;
  private static final Path SERVICE_ACCOUNT =
      Path.of("/var/run/secrets/kubernetes.io/serviceaccount/token");

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "The kubeconfig (default: $KUBECONFIG, else ~/.kube/config).")
  private @Nullable String kubeconfig;

  @Option(
      names = "--context",
      paramLabel = "NAME",
      description = "The context of the kubeconfig (default: its current one).")
  private @Nullable String context;

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAME",
      description = "The namespace (default: the context's).")
  private @Nullable String namespace;

  @Option(names = "--as", paramLabel = "USER", description = "Act as this user.")
  private @Nullable String impersonatedUser;

  @Option(
      names = "--as-group",
      paramLabel = "GROUP",
      description = "Act as a member of this group too; may be repeated. Needs --as.")
  private List<String> impersonatedGroups = new ArrayList<>();

  /** Reads the kubeconfig and makes a client; sends nothing yet. */
  public Cluster open() {
    return open(CONNECT_TIMEOUT_MILLIS, REQUEST_TIMEOUT_MILLIS);
  }

  /** The same for a shell that waits for completions. */
  public Cluster openBriefly() {
    return open(BRIEF_TIMEOUT_MILLIS, BRIEF_TIMEOUT_MILLIS);
  }

  private Cluster open(int connectTimeoutMillis, int requestTimeoutMillis) {
    TlsWarmUp.start();
    var config = config();
    config.setConnectionTimeout(connectTimeoutMillis);
    config.setRequestTimeout(requestTimeoutMillis);
    var trust = ClusterTrust.takeFrom(config);
    return new Cluster(
        new KubernetesClientBuilder()
            .withConfig(config)
            .withHttpClientBuilderConsumer(trust)
            // It searches no class path for all kinds of Kubernetes: the types are given.
            .withKubernetesSerialization(new KubernetesSerialization(new ObjectMapper(), false))
            .build(),
        namespace != null ? namespace : namespaceOf(config));
  }

  /** The names of the kubeconfig's contexts. */
  public List<String> contexts() {
    return names(read());
  }

  private Config config() {
    var config = read();
    if (context != null && !names(config).contains(context)) {
      throw new CliException(
          "the kubeconfig has no context %s; it has: %s"
              .formatted(context, String.join(", ", names(config))));
    }
    // With contexts, but none chosen, the client would ask some default address.
    if (config.getCurrentContext() == null && !config.getContexts().isEmpty()) {
      throw new CliException(
          "the kubeconfig has no current context: write --context, with one of: "
              + String.join(", ", names(config)));
    }
    if (impersonatedUser != null) {
      config.setImpersonateUsername(impersonatedUser);
    }
    if (!impersonatedGroups.isEmpty()) {
      if (impersonatedUser == null) {
        throw new CliException("--as-group needs --as: write the user too");
      }
      config.setImpersonateGroups(impersonatedGroups.toArray(String[]::new));
    }
    // A handful of requests: HTTP/2 costs more time than it saves.
    config.setHttp2Disable(true);
    // A person waits: one try, and the reason.
    config.setRequestRetryBackoffLimit(0);
    return config;
  }

  private Config read() {
    if (kubeconfig != null) {
      if (!Files.isReadable(Path.of(kubeconfig))) {
        throw new CliException("cannot read the kubeconfig " + kubeconfig);
      }
      System.setProperty(Config.KUBERNETES_KUBECONFIG_FILE, kubeconfig);
    }
    var files = Config.getKubeconfigFilenames();
    if (files.stream().noneMatch(file -> Files.isReadable(Path.of(file)))
        && !Files.isReadable(SERVICE_ACCOUNT)) {
      throw new CliException(
          "there is no kubeconfig (%s): write --kubeconfig FILE, or set KUBECONFIG"
              .formatted(String.join(", ", files)));
    }
    if (files.size() == 1) {
      var plain = PlainKubeconfig.read(Path.of(files.iterator().next()), context);
      if (plain.isPresent()) {
        return plain.get();
      }
    }
    try {
      return Config.autoConfigure(context);
    } catch (RuntimeException e) {
      throw new CliException(
          "cannot use the kubeconfig (%s): %s".formatted(String.join(", ", files), e.getMessage()),
          e);
    }
  }

  private static List<String> names(Config config) {
    return config.getContexts().stream().map(it -> it.getName()).toList();
  }

  private static String namespaceOf(Config config) {
    var namespace = config.getNamespace();
    return namespace == null || namespace.isEmpty() ? "default" : namespace;
  }
}
