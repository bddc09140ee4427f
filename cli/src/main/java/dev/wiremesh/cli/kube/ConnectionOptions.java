package dev.wiremesh.cli.kube;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options that choose cluster, user and namespace, with the names that kubectl has for them.
 * Filled by picocli; read by one thread.
 */
public final class ConnectionOptions {
  private static final RequestTimeouts PATIENT = new RequestTimeouts(5_000, 30_000);
  private static final RequestTimeouts BRIEF = new RequestTimeouts(2_000, 2_000);

  /** Variables that send requests by way of a proxy. */
  private static final List<String> PROXIES = List.of("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY");

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
    return open(PATIENT);
  }

  /** The same for a shell that waits for completions. */
  public Cluster openBriefly() {
    return open(BRIEF);
  }

  private Cluster open(RequestTimeouts timeouts) {
    TlsWarmUp.start();
    var impersonation = new Impersonation(impersonatedUser, impersonatedGroups);
    var files = files();
    var plain = hasProxy() ? Optional.<PlainContext>empty() : plain(files);
    if (plain.isPresent()) {
      return new Cluster(
          JdkTransport.open(plain.get(), impersonation, timeouts),
          timeouts,
          namespace(plain.get().namespace()));
    }
    var transport = Fabric8Transport.open(files, context, impersonation, timeouts);
    return new Cluster(transport, timeouts, namespace(transport.namespace()));
  }

  /** The names of the kubeconfig's contexts. */
  public List<String> contexts() {
    var files = files();
    return plain(files).map(PlainContext::names).orElseGet(() -> Fabric8Transport.contexts(files));
  }

  private KubeconfigFiles files() {
    return KubeconfigFiles.find(kubeconfig, System::getenv);
  }

  private Optional<PlainContext> plain(KubeconfigFiles files) {
    return files.paths().size() == 1
        ? PlainKubeconfig.read(files.paths().getFirst(), context)
        : Optional.empty();
  }

  private static boolean hasProxy() {
    return PROXIES.stream()
        .flatMap(name -> Stream.of(name, name.toLowerCase(Locale.ROOT)))
        .map(System::getenv)
        .anyMatch(value -> value != null && !value.isBlank());
  }

  private String namespace(@Nullable String ofContext) {
    if (namespace != null) {
      return namespace;
    }
    return ofContext == null || ofContext.isEmpty() ? "default" : ofContext;
  }
}
