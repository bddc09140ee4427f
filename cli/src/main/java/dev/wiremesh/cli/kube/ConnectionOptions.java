package dev.wiremesh.cli.kube;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The options that choose cluster, user and namespace, with the names that kubectl has for them.
 * Filled by picocli; read by one thread.
 */
public final class ConnectionOptions {
  private static final RequestTimeouts PATIENT = new RequestTimeouts(5_000, 30_000);
  private static final RequestTimeouts BRIEF = new RequestTimeouts(2_000, 2_000);

  /** Variables that send requests by way of a proxy. */
  private static final List<String> PROXIES = List.of("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY");

  private final OptionSpec kubeconfig =
      OptionSpec.builder("--kubeconfig")
          .paramLabel("FILE")
          .type(String.class)
          .description("The kubeconfig (default: $KUBECONFIG, else ~/.kube/config).")
          .build();

  private final OptionSpec context =
      OptionSpec.builder("--context")
          .paramLabel("NAME")
          .type(String.class)
          .description("The context of the kubeconfig (default: its current one).")
          .build();

  private final OptionSpec namespace =
      OptionSpec.builder("-n", "--namespace")
          .paramLabel("NAME")
          .type(String.class)
          .description("The namespace (default: the context's).")
          .build();

  private final OptionSpec impersonatedUser =
      OptionSpec.builder("--as")
          .paramLabel("USER")
          .type(String.class)
          .description("Act as this user.")
          .build();

  private final OptionSpec impersonatedGroups =
      OptionSpec.builder("--as-group")
          .paramLabel("GROUP")
          .type(List.class)
          .auxiliaryTypes(String.class)
          .description("Act as a member of this group too; may be repeated. Needs --as.")
          .build();

  /** Adds the options to a command. */
  public void addTo(CommandSpec command) {
    List.of(kubeconfig, context, namespace, impersonatedUser, impersonatedGroups)
        .forEach(command::addOption);
  }

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
    var impersonation = impersonation();
    var files = files();
    var plain = hasProxy() ? Optional.<PlainContext>empty() : plain(files);
    if (plain.isPresent()) {
      return new Cluster(
          JdkTransport.open(plain.get(), impersonation, timeouts),
          timeouts,
          namespace(plain.get().namespace()));
    }
    var transport = Fabric8Transport.open(files, context.getValue(), impersonation, timeouts);
    return new Cluster(transport, timeouts, namespace(transport.namespace()));
  }

  /** The names of the kubeconfig's contexts. */
  public List<String> contexts() {
    var files = files();
    return plain(files).map(PlainContext::names).orElseGet(() -> Fabric8Transport.contexts(files));
  }

  private Impersonation impersonation() {
    @Nullable List<String> groups = impersonatedGroups.getValue();
    return new Impersonation(impersonatedUser.getValue(), groups == null ? List.of() : groups);
  }

  private KubeconfigFiles files() {
    return KubeconfigFiles.find(kubeconfig.getValue(), System::getenv);
  }

  private Optional<PlainContext> plain(KubeconfigFiles files) {
    return files.paths().size() == 1
        ? PlainKubeconfig.read(files.paths().getFirst(), context.getValue())
        : Optional.empty();
  }

  private static boolean hasProxy() {
    return PROXIES.stream()
        .flatMap(name -> Stream.of(name, name.toLowerCase(Locale.ROOT)))
        .map(System::getenv)
        .anyMatch(value -> value != null && !value.isBlank());
  }

  private String namespace(@Nullable String ofContext) {
    @Nullable String option = namespace.getValue();
    if (option != null) {
      return option;
    }
    return ofContext == null || ofContext.isEmpty() ? "default" : ofContext;
  }
}
