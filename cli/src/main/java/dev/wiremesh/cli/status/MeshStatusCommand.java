package dev.wiremesh.cli.status;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.cli.kube.CliException;
import dev.wiremesh.cli.kube.Cluster;
import dev.wiremesh.cli.kube.ConnectionOptions;
import dev.wiremesh.cli.kube.ForbiddenException;
import dev.wiremesh.cli.kube.NearNames;
import dev.wiremesh.cli.peer.PeerLookup;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * {@code kubectl wiremesh status}: networks, nodes and peers, and why one is not as it should be.
 */
public final class MeshStatusCommand implements Callable<Integer> {
  private static final int NOT_READY = 3;

  private final ConnectionOptions connection = new ConnectionOptions();

  private final PositionalParamSpec name =
      PositionalParamSpec.builder()
          .paramLabel("PEER|NETWORK")
          .arity("0..1")
          .type(String.class)
          .description("A name; peer/NAME or network/NAME where both exist.")
          .build();

  private final OptionSpec allNamespaces =
      OptionSpec.builder("-A", "--all-namespaces")
          .type(boolean.class)
          .description("Peers of all namespaces.")
          .build();

  private final OptionSpec format =
      OptionSpec.builder("-o", "--output")
          .paramLabel("FORMAT")
          .type(StatusFormat.class)
          .description("One of: ${COMPLETION-CANDIDATES} (default: tables).")
          .build();

  private final CommandSpec spec;

  public MeshStatusCommand() {
    spec = CommandSpec.wrapWithoutInspection(this).name("status");
    spec.usageMessage()
        .description(
            "Shows networks, their nodes, and the peers of a namespace: which are connected, and why others are not.",
            "With a name, that Peer or that network with all its conditions.")
        .exitCodeListHeading("%nExit status:%n")
        .exitCodeList(
            UsageMessageSpec.keyValuesMap(
                "0:all that is shown is Ready; a peer that is not connected may be, since laptops are off at night",
                "1:it could not be found out; the message says why",
                "2:the command line is wrong",
                "3:something that is shown is not Ready"))
        .footer(
            "%nExamples:",
            "  kubectl wiremesh status",
            "  kubectl wiremesh status -A -o wide",
            "  kubectl wiremesh status laptop",
            "  kubectl wiremesh status network/home -o json",
            "%nNeeds the right to list or get peers; networks and nodes are shown to those who may list them.");
    spec.addPositional(name);
    connection.addTo(spec);
    List.of(allNamespaces, format).forEach(spec::addOption);
  }

  /** The command with its options. */
  public CommandSpec spec() {
    return spec;
  }

  private @Nullable String name() {
    return name.getValue();
  }

  private @Nullable StatusFormat format() {
    return format.getValue();
  }

  private boolean ofAllNamespaces() {
    return Boolean.TRUE.equals(allNamespaces.getValue());
  }

  @Override
  public Integer call() {
    try (var cluster = connection.open()) {
      var report = report(cluster);
      var out = spec.commandLine().getOut();
      out.print(
          format() == null || format() == StatusFormat.WIDE ? tables(report) : document(report));
      out.flush();
      if (report.networks().isEmpty() && report.peers().isEmpty()) {
        say(
            ofAllNamespaces()
                ? "There are no networks and no peers."
                : "There are no peers in namespace " + cluster.namespace() + ": -A shows all.");
      }
      return report.allReady() ? 0 : NOT_READY;
    }
  }

  private String tables(StatusReport report) {
    return new StatusText(
            format() == StatusFormat.WIDE, ofAllNamespaces(), name() != null, Instant.now())
        .of(report);
  }

  private String document(StatusReport report) {
    try {
      return format() == StatusFormat.JSON
          ? new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(report)
              + "\n"
          : YAMLMapper.builder()
              .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
              .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
              .build()
              .writeValueAsString(report);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a report of records cannot be written", e);
    }
  }

  private StatusReport report(Cluster cluster) {
    var name = name();
    if (name == null) {
      return ofAll(cluster);
    }
    var slash = name.indexOf('/');
    var kind = slash < 0 ? "" : name.substring(0, slash).toLowerCase(Locale.ROOT);
    var plain = name.substring(slash + 1);
    return switch (kind) {
      case "" -> ofEither(cluster, plain);
      case "peer", "peers", "wgp" -> ofPeer(PeerLookup.get(cluster, plain));
      case "network", "wireguardnetwork", "wireguardnetworks", "wgn" ->
          ofNetwork(
              cluster,
              cluster
                  .network(plain)
                  .orElseThrow(() ->
                      new CliException(
                          "there is no network "
                              + plain
                              + near(plain, names(allowed(cluster::networks).orElse(List.of())))
                              + "; 'kubectl get wgn' lists all")));
      default ->
          throw new CliException(
              "'%s' is no kind: write peer/%s or network/%s".formatted(kind, plain, plain));
    };
  }

  private StatusReport ofAll(Cluster cluster) {
    var networks = orNote(cluster::networks);
    var nodes = networks.isPresent() ? orNote(cluster::nodes) : Optional.<List<MeshNode>>empty();
    // Peers are for everyone who may use the mesh: without them there is nothing to say.
    var peers = peers(cluster);
    return new StatusReport(
        networks.orElse(List.of()).stream().map(StatusEntries::of).toList(),
        nodes.orElse(List.of()).stream().map(StatusEntries::of).toList(),
        peers.stream().map(StatusEntries::of).toList());
  }

  private StatusReport ofEither(Cluster cluster, String plain) {
    Optional<Peer> peer =
        allowed(() -> cluster.peer(cluster.namespace(), plain)).orElse(Optional.empty());
    Optional<WireGuardNetwork> network =
        allowed(() -> cluster.network(plain)).orElse(Optional.empty());
    if (peer.isPresent() && network.isPresent()) {
      throw new CliException(
          "there are a Peer and a network of that name: write peer/%s or network/%s"
              .formatted(plain, plain));
    }
    if (network.isPresent()) {
      return ofNetwork(cluster, network.get());
    }
    // Asked once more where it may not be read: the refusal says which right is missing.
    return ofPeer(peer.orElseGet(() -> PeerLookup.get(cluster, plain)));
  }

  private static StatusReport ofPeer(Peer peer) {
    return new StatusReport(List.of(), List.of(), List.of(StatusEntries.of(peer)));
  }

  private StatusReport ofNetwork(Cluster cluster, WireGuardNetwork network) {
    var name = network.getMetadata().getName();
    return new StatusReport(
        List.of(StatusEntries.of(network)),
        orNote(cluster::nodes).orElse(List.of()).stream()
            .filter(node -> node.getSpec().networkRef.name.equals(name))
            .map(StatusEntries::of)
            .toList(),
        orNote(() -> peers(cluster)).orElse(List.of()).stream()
            .filter(peer -> peer.getSpec().networkRef.name.equals(name))
            .map(StatusEntries::of)
            .toList());
  }

  private List<Peer> peers(Cluster cluster) {
    return ofAllNamespaces() ? cluster.peersOfAllNamespaces() : cluster.peers(cluster.namespace());
  }

  /** The answer; empty if a right is missing, which is then named on standard error. */
  private <T> Optional<T> orNote(Supplier<T> question) {
    try {
      return Optional.of(question.get());
    } catch (ForbiddenException e) {
      say("Not shown: " + e.getMessage());
      return Optional.empty();
    }
  }

  private static <T> Optional<T> allowed(Supplier<T> question) {
    try {
      return Optional.of(question.get());
    } catch (ForbiddenException _) {
      return Optional.empty();
    }
  }

  private static List<String> names(List<WireGuardNetwork> networks) {
    return networks.stream().map(network -> network.getMetadata().getName()).toList();
  }

  private static String near(String name, List<String> names) {
    var near = NearNames.to(name, names);
    return near.isEmpty() ? "" : "; did you mean " + String.join(" or ", near) + "?";
  }

  private void say(String sentence) {
    spec.commandLine().getErr().println(sentence);
  }
}
