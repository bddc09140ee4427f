package dev.wiremesh.agent.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.agent.watch.MeshObjects;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.NetworkReference;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MeshStoreTest {
  private static final PublicKey KEY = PublicKey.of(new byte[32]);
  private static final PublicKey OTHER = PublicKey.of(filled(7));

  private final Path networks;
  private final MeshStore store;

  MeshStoreTest(@TempDir Path folder) {
    networks = folder.resolve("networks");
    store = new MeshStore(folder);
  }

  @Test
  void savedStateIsReadByTheNextAgent() throws IOException {
    store.save("home", objects("home"));
    var loaded = new MeshStore(Objects.requireNonNull(networks.getParent())).load();
    assertThat(loaded).hasSize(1);
    var home = loaded.getFirst();
    assertThat(home.network().getMetadata().getName()).isEqualTo("home");
    assertThat(home.meshNodes().getFirst().getSpec().addresses).containsExactly("10.70.0.2");
    assertThat(home.meshNodes().getFirst().getStatus().publicKey).isEqualTo(KEY.toString());
    assertThat(home.peers().getFirst().getMetadata().getUid()).isEqualTo("uid-laptop");
    assertThat(home.secretData()).isEqualTo(objects("home").secretData());
  }

  @Test
  void endpointsOfBothFamiliesComeBackAndThoseOfThisBootDoNot() throws IOException {
    var v4 = UdpEndpoint.of(IpAddress.parse("192.0.2.1"), 51900);
    var v6 = UdpEndpoint.of(IpAddress.parse("2001:db8::1"), 51901);
    var linkLocal = new UdpEndpoint(IpAddress.parse("fe80::1"), 51900, 3, null, 0);
    store.saveEndpoints("home", Map.of(KEY, v4, OTHER, v6));
    assertThat(store.endpoints("home")).isEqualTo(Map.of(KEY, v4, OTHER, v6));
    store.saveEndpoints("home", Map.of(KEY, v4, OTHER, linkLocal));
    assertThat(store.endpoints("home")).isEqualTo(Map.of(KEY, v4));
    assertThat(store.endpoints("other")).isEmpty();
  }

  @Test
  void onlyRootReadsIt() throws IOException {
    store.save("home", objects("home"));
    store.saveEndpoints("home", Map.of());
    assertThat(mode(networks)).isEqualTo("rwx------");
    assertThat(files())
        .hasSize(3)
        .allSatisfy(file -> assertThat(mode(file)).isEqualTo("rw-------"));
  }

  @Test
  void folderThatOthersCouldReadIsClosed() throws IOException {
    Files.createDirectories(networks);
    Files.setPosixFilePermissions(networks, PosixFilePermissions.fromString("rwxr-xr-x"));
    store.save("home", objects("home"));
    assertThat(mode(networks)).isEqualTo("rwx------");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "null",
        "42",
        "{\"version\": 1}",
        "{\"version\": 2, \"network\": {}}",
        "{\"version\": 1, \"network\": 7, \"meshNodes\": [], \"peers\": []}",
        "{\"version\": 1, \"secrets\": [1]}",
        "\u0000\u0000\u0000\u0000"
      })
  void damagedFileCostsNothingButItsOwnNetwork(String damaged) throws IOException {
    store.save("home", objects("home"));
    store.save("bad", objects("bad"));
    for (var file : List.of("bad.mesh.json", "bad.keys.json", "bad.endpoints.json")) {
      Files.writeString(networks.resolve(file), damaged);
    }
    assertThat(store.load())
        .extracting(mesh -> mesh.network().getMetadata().getName())
        .containsExactly("home");
    assertThat(store.endpoints("bad")).isEmpty();
  }

  @Test
  void networkWithoutItsKeysIsNotLoaded() throws IOException {
    store.save("home", objects("home"));
    Files.delete(networks.resolve("home.keys.json"));
    assertThat(store.load()).isEmpty();
  }

  @Test
  void interruptedWriteLeavesTheOldVersion() throws IOException {
    store.save("home", objects("home"));
    Files.writeString(networks.resolve("home.mesh.json.new"), "{\"ver");
    assertThat(store.load()).hasSize(1);
    store.save("home", objects("home"));
    assertThat(files()).hasSize(2);
  }

  @Test
  void forgottenNetworkLeavesNoFile() throws IOException {
    store.save("home", objects("home"));
    store.saveEndpoints("home", Map.of());
    store.save("old", objects("old"));
    Files.writeString(networks.resolve("old.keys.json.new"), "half a key");
    store.retain(Set.of("home"));
    assertThat(files()).hasSize(3);
    store.forget("home");
    store.forget("home");
    assertThat(files()).isEmpty();
  }

  @Test
  void keysDoNotPrint() {
    assertThat(objects("home").toString()).isEqualTo("MeshObjects[home]");
  }

  private List<Path> files() throws IOException {
    try (var files = Files.list(networks)) {
      return files.toList();
    }
  }

  private static String mode(Path path) {
    try {
      return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static MeshObjects objects(String name) {
    var network = new WireGuardNetwork();
    network.setMetadata(new ObjectMetaBuilder().withName(name).build());
    var node = new MeshNode();
    node.setMetadata(new ObjectMetaBuilder().withName(name + ".node-a").build());
    node.getSpec().networkRef = new NetworkReference(name);
    node.getSpec().nodeName = "node-a";
    node.getSpec().addresses = List.of("10.70.0.2");
    node.getStatus().publicKey = KEY.toString();
    var peer = new Peer();
    peer.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace("default")
            .withName("laptop")
            .withUid("uid-laptop")
            .build());
    peer.getSpec().networkRef = new NetworkReference(name);
    return new MeshObjects(
        network,
        List.of(node),
        List.of(peer),
        MeshObjects.secrets(Map.of("wiremesh-node-" + name, Map.of("privateKey", "c2VjcmV0"))));
  }

  private static byte[] filled(int value) {
    var bytes = new byte[32];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }
}
