package dev.wiremesh.operator.clientconfig;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.keys.PresharedKeySeed;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.route.ForbiddenRanges;
import dev.wiremesh.core.route.RoutePermissions;
import dev.wiremesh.core.route.RouteRules;
import dev.wiremesh.core.topology.Topology;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.wgquick.WgQuickConfig;
import dev.wiremesh.core.wgquick.WgQuickText;
import dev.wiremesh.operator.state.MeshCache.Mesh;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * For each {@code in-*.yaml} (a network, its nodes and peers) the configuration of the Peer
 * "subject" equals {@code out-*.conf}; {@code -Dgolden.update} rewrites the outputs.
 */
final class ClientConfigurationTest {
  private static final Path FOLDER = Path.of("src/test/resources/client-configurations");
  private static final String KEY = "WMc9YfRhdm8cC5TQKoM/2mMTSXYPVYCF6n/gQLCr0lo=";
  private static final String SEED = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

  @TestFactory
  Stream<DynamicTest> configurationEqualsTheGoldenFile() throws IOException {
    return inputs().stream().map(input -> DynamicTest.dynamicTest(name(input), () -> check(input)));
  }

  @Test
  void everyOutputHasAnInput() throws IOException {
    var outputs = inputs().stream().map(ClientConfigurationTest::output).toList();
    try (var files = Files.list(FOLDER)) {
      assertThat(files.filter(file -> !name(file).startsWith("in-")))
          .containsExactlyInAnyOrderElementsOf(outputs);
    }
  }

  /** Other readers of these files take the decisions from the status. */
  @TestFactory
  Stream<DynamicTest> statusHasTheDecisionsOnTheRoutes() throws IOException {
    return inputs().stream()
        .map(input ->
            DynamicTest.dynamicTest(
                name(input),
                () -> {
                  var subject = Subject.read(Files.readString(input));
                  assertThat(subject.states()).isEqualTo(subject.decisions());
                }));
  }

  private static void check(Path input) throws IOException {
    var text = WgQuickText.render(configuration(input));
    if (System.getProperty("golden.update") != null) {
      Files.writeString(output(input), text);
    }

    assertThat(text).isEqualTo(Files.readString(output(input)));
  }

  @Test
  void keysAreNotPrinted() throws IOException {
    assertThat(configuration(FOLDER.resolve("in-laptop.yaml")).toString()).doesNotContain(KEY);
  }

  @Test
  void mtuBelowTheMinimumOfIpv6IsAProblemOfAPeerWithAnIpv6Address() throws IOException {
    var both = subject("full-tunnel", "mtu: 1200");
    assertThat(both.client().problem())
        .contains(
            new ConfigurationProblem.MtuTooSmall(
                "spec.client.mtu is 1200, but IPv6 needs 1280 and the peer has fd00:70::5: write at"
                    + " least 1280, or leave it out."));
    assertThat(subject("full-tunnel", "mtu: 1280").client().problem()).isEmpty();
    assertThat(subject("laptop", "mtu: 1200").client().problem()).isEmpty();
  }

  @Test
  void smallMtuOfTheNetworkIsNamedAsTheNetworks() throws IOException {
    var input =
        text("full-tunnel").replaceFirst("status:", "  clientDefaults: {mtu: 1200}\nstatus:");
    assertThat(Subject.read(input).client().problem())
        .hasValueSatisfying(problem ->
            assertThat(problem.message())
                .startsWith("spec.clientDefaults.mtu of network home is 1200,"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "allowedIPs: ['::/0']",
        "allowedIPs: [10.1.0.0/16], excludeIPs: [10.0.0.0/8]",
        "allowedIPs: [203.0.113.5/32]",
        "excludeIPs: [0.0.0.0/0]"
      })
  void emptyAllowedIpsAreAProblem(String client) throws IOException {
    assertThat(subject("laptop", client).client().problem())
        .containsInstanceOf(ConfigurationProblem.NothingAllowed.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "allowedIPs: [0.0.0.0/0], excludeIPs: [192.168.2.0/24] | true",
        "allowedIPs: [10.0.0.0/8]                              | true",
        "allowedIPs: [0.0.0.0/0]                               | false",
        "allowedIPs: [10.70.3.0/24]                            | false",
        "mtu: 1400                                             | false"
      })
  void endpointNameThatMayResolveIntoTheTunnelIsMentioned(String client, boolean mentioned)
      throws IOException {
    var input = withClient("laptop", client).replace("host: 203.0.113.5", "host: vpn.example.org");
    var advice = Subject.read(input).client().advice();
    assertThat(advice.filter(it -> it.contains("vpn.example.org")).isPresent())
        .isEqualTo(mentioned);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "allowedIPs: [0.0.0.0/0]                                  | 10.70.0.5   | IPv6",
        "allowedIPs: [0.0.0.0/0, '::/0']                          | 10.70.0.5   | IPv6",
        "allowedIPs: [0.0.0.0/1, 128.0.0.0/1]                     | 10.70.0.5   | IPv6",
        "allowedIPs: [0.0.0.0/0], excludeIPs: [192.168.2.0/24]    | 10.70.0.5   | IPv6",
        "allowedIPs: ['::/0']                                     | fd00:70::5  | IPv4",
        "allowedIPs: ['2000::/3', '::/1', '8000::/1']             | fd00:70::5  | IPv4",
      })
  void fullTunnelOfOneFamilySaysThatTheOtherGoesBesideIt(
      String client, String address, String beside) throws IOException {
    assertThat(adviceFor(client, address))
        .hasValue(
            "The peer has no %s address, so %s traffic of its machine goes beside the tunnel: add an"
                    .formatted(beside, beside)
                + " %s pool to network home, or turn %s off on that machine."
                    .formatted(beside, beside));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "allowedIPs: [0.0.0.0/0, '::/0']     | 10.70.0.5, 'fd00:70::5'",
        "allowedIPs: [10.0.0.0/8]            | 10.70.0.5",
        "excludeIPs: ['fd00::/8']            | 10.70.0.5",
        "mtu: 1400                           | 10.70.0.5",
      })
  void splitTunnelAndTwoFamiliesNeedNoAdvice(String client, String addresses) throws IOException {
    assertThat(adviceFor(client, addresses)).isEmpty();
  }

  @Test
  void rangesOfAMissingFamilyAreNamed() throws IOException {
    assertThat(adviceFor("allowedIPs: [10.0.0.0/8, 'fd12::/16', 'fd13::/16']", "10.70.0.5"))
        .hasValue(
            "spec.client.allowedIPs leaves out fd12::/16 and 1 more, since the peer has no IPv6"
                + " address: add an IPv6 pool to network home, or take it out.");
  }

  private static Optional<String> adviceFor(String client, String addresses) throws IOException {
    var input =
        withClient("laptop", client)
            .replace("addresses: [10.70.0.5]", "addresses: [" + addresses + "]");
    return Subject.read(input).client().advice();
  }

  private static Subject subject(String input, String client) throws IOException {
    return Subject.read(withClient(input, client));
  }

  /** An input with other wishes of the subject. */
  private static String withClient(String input, String client) throws IOException {
    var documents = text(input).split("\n---\n");
    for (int i = 0; i < documents.length; i++) {
      if (documents[i].contains("name: subject")) {
        documents[i] =
            documents[i]
                .replaceAll("  client: .*\n", "")
                .replaceFirst("status:", "  client: {" + client + "}\nstatus:");
      }
    }
    return String.join("\n---\n", documents);
  }

  private static String text(String input) throws IOException {
    return Files.readString(FOLDER.resolve("in-" + input + ".yaml"));
  }

  private static WgQuickConfig configuration(Path input) throws IOException {
    var subject = Subject.read(Files.readString(input));
    assertThat(subject.client().problem()).isEmpty();
    return subject.config();
  }

  /** The Peer "subject" of an input, its configuration and the keys that go into it. */
  private record Subject(Peer peer, Mesh mesh, ClientConfiguration client, ClientKeys keys) {
    static Subject read(String input) {
      var nodes = new ArrayList<MeshNode>();
      var peers = new ArrayList<Peer>();
      var networks = new ArrayList<WireGuardNetwork>();
      for (var document : input.split("\n---\n")) {
        if (document.contains("kind: WireGuardNetwork")) {
          networks.add(Serialization.unmarshal(document, WireGuardNetwork.class));
        } else if (document.contains("kind: MeshNode")) {
          nodes.add(Serialization.unmarshal(document, MeshNode.class));
        } else {
          peers.add(Serialization.unmarshal(document, Peer.class));
        }
      }
      // The first network is the subject's.
      var network = networks.getFirst();
      var otherPools =
          networks.stream()
              .skip(1)
              .flatMap(other -> other.getSpec().addressPools.stream())
              .map(pool -> IpPrefix.parse(pool.cidr))
              .toList();
      var subject =
          peers.stream()
              .filter(it -> it.getMetadata().getName().equals("subject"))
              .findFirst()
              .orElseThrow();
      var given = subject.getSpec().publicKey;
      var privateKey = given == null ? PrivateKey.parse(KEY) : null;
      var publicKey = given == null ? PrivateKey.parse(KEY).publicKey() : PublicKey.parse(given);
      subject.getStatus().publicKey = publicKey.toString();

      MeshView view = MeshViews.read(network, nodes, peers).orElseThrow();
      var gatewayKey = Objects.requireNonNull(view.network().gateways().publicKey());
      var endpoint = nodes.getFirst().getSpec().endpoints.getFirst();
      var mesh = new Mesh(view, Topology.members(view, rules(network, view)));
      var client =
          new ClientConfiguration(
              subject,
              network,
              mesh,
              subject.getStatus().addresses.stream().map(IpAddress::parse).toList(),
              new ConfiguredEndpoint(endpoint.host, endpoint.port),
              otherPools);
      var presharedKey =
          client.wantsPresharedKey()
              ? PresharedKeySeed.parse(SEED).forPair(publicKey, gatewayKey)
              : null;
      return new Subject(
          subject, mesh, client, new ClientKeys(privateKey, gatewayKey, presharedKey));
    }

    /** The operator's rules, with the cluster's ranges from the input's status. */
    private static RouteRules rules(WireGuardNetwork network, MeshView view) {
      var forbidden = ForbiddenRanges.builder().addAll(ForbiddenRanges.of(view));
      var effective = Objects.requireNonNull(network.getStatus().effective);
      for (var cidr : effective.clusterCIDRs) {
        forbidden.forbid(IpPrefix.parse(cidr), "the cluster's pods or Services");
      }
      var routes = network.getSpec().peerRoutes;
      var allowed = routes == null ? List.<String>of() : routes.allowed;
      return new RouteRules(
          network.getMetadata().getName(),
          new RoutePermissions(allowed.stream().map(IpPrefix::parse).toList(), Map.of()),
          forbidden.build());
    }

    /** The states of the routes in the status, in the order of the spec. */
    List<String> states() {
      return peer.getStatus().routes.stream().map(route -> String.valueOf(route.state)).toList();
    }

    /** The states that the rules decide. */
    List<String> decisions() {
      var decisions = mesh.members().routesOf(MeshViews.name(peer));
      return peer.getSpec().routes.stream()
          .map(route -> MeshViews.siteRoute(route).orElseThrow().meshBlock())
          .flatMap(block -> decisions.stream().filter(it -> it.cidr().equals(block)))
          .map(decision -> decision.state().name())
          .toList();
    }

    WgQuickConfig config() {
      return client.config(keys);
    }
  }

  private static List<Path> inputs() throws IOException {
    try (var files = Files.list(FOLDER)) {
      return files.filter(file -> name(file).startsWith("in-")).sorted().toList();
    }
  }

  private static Path output(Path input) {
    return FOLDER.resolve(name(input).replaceFirst("^in-", "out-").replace(".yaml", ".conf"));
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }
}
