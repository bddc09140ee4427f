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
import dev.wiremesh.core.topology.MeshView;
import dev.wiremesh.core.topology.Topology;
import dev.wiremesh.core.wgquick.WgQuickConfig;
import dev.wiremesh.core.wgquick.WgQuickText;
import dev.wiremesh.operator.state.MeshCache.Mesh;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

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

  private static WgQuickConfig configuration(Path input) throws IOException {
    var nodes = new ArrayList<MeshNode>();
    var peers = new ArrayList<Peer>();
    WireGuardNetwork network = null;
    for (var document : Files.readString(input).split("\n---\n")) {
      if (document.contains("kind: WireGuardNetwork")) {
        network = Serialization.unmarshal(document, WireGuardNetwork.class);
      } else if (document.contains("kind: MeshNode")) {
        nodes.add(Serialization.unmarshal(document, MeshNode.class));
      } else {
        peers.add(Serialization.unmarshal(document, Peer.class));
      }
    }
    Objects.requireNonNull(network);
    var subject =
        peers.stream()
            .filter(it -> it.getMetadata().getName().equals("subject"))
            .findFirst()
            .orElseThrow();
    var given = subject.getSpec().publicKey;
    PrivateKey privateKey = null;
    PublicKey publicKey;
    if (given == null) {
      privateKey = PrivateKey.parse(KEY);
      publicKey = privateKey.publicKey();
    } else {
      publicKey = PublicKey.parse(given);
    }
    subject.getStatus().publicKey = publicKey.toString();

    MeshView view = MeshViews.read(network, nodes, peers).orElseThrow();
    var mesh = new Mesh(view, Topology.members(view));
    var gatewayKey = Objects.requireNonNull(view.network().gateways().publicKey());
    var client = new ClientConfiguration(subject, network, mesh);
    var presharedKey =
        client.wantsPresharedKey()
            ? PresharedKeySeed.parse(SEED).forPair(publicKey, gatewayKey)
            : null;
    return client.config(
        subject.getStatus().addresses.stream().map(IpAddress::parse).toList(),
        new ClientKeys(privateKey, gatewayKey, presharedKey),
        new ConfiguredEndpoint("203.0.113.5", 51900));
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
