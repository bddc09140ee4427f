package dev.wiremesh.agent.loop;

import static dev.wiremesh.agent.loop.FakeObjects.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent that starts while the API server is away goes on with the persisted state. */
final class PersistedStateTest {
  private final Path folder;
  private final LoopFixture agent;
  private final FakeWorld world;
  private final FakeObjects objects;

  PersistedStateTest(@TempDir Path folder) {
    this.folder = folder;
    agent = new LoopFixture(folder);
    world = agent.world;
    objects = agent.objects;
  }

  @Test
  void meshComesUpAsItWas() {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1, "192.168.7.0/24");
    agent.step();
    var before = agent.settings();
    restartWithoutApi();

    assertThat(world.touched())
        .containsExactly(
            "open wg-home", "apply wg-home", "host wg-home [10.70.0.0/16, 192.168.7.0/24]");
    assertThat(agent.settings()).isEqualTo(before);
    assertThat(agent.loop().isReady()).isTrue();
  }

  @Test
  void nothingIsReportedFromMemory() {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    agent.step();
    world.nodeReports.clear();
    world.peerReports.clear();
    restartWithoutApi();
    world.pass(Duration.ofMinutes(5));
    agent.step();
    assertThat(world.nodeReports).isEmpty();
    assertThat(world.peerReports).isEmpty();
  }

  @Test
  void apiServerThatAnswersInTimeIsBelieved() {
    objects.network("home", 51900);
    agent.step();
    objects.peer("home", "laptop", 1);
    agent.restart();
    world.touched();
    agent.step();
    assertThat(agent.device().peers).containsKey(key("laptop"));
  }

  @Test
  void apiServerThatComesBackDisturbsNothing() {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    agent.step();
    restartWithoutApi();
    world.touched();

    objects.synced = true;
    objects.changed();
    agent.step();
    assertThat(world.touched()).isEmpty();
    objects.peer("home", "tablet", 2);
    agent.step();
    assertThat(world.touched()).containsExactly("set peer " + key("tablet"));
  }

  @Test
  void objectsDeletedMeanwhileAreRemovedOnceListed() throws IOException {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    agent.step();
    objects.networks.remove("home");
    restartWithoutApi();
    assertThat(world.touched()).contains("open wg-home").doesNotContain("remove wg-home");

    objects.synced = true;
    objects.changed();
    agent.step();
    assertThat(world.touched()).containsExactly("close wg-home", "remove wg-home");
    assertThat(stateFiles()).isEmpty();
  }

  @Test
  void filesOfAnUnknownNetworkAreRemoved() throws IOException {
    objects.network("old", 51901);
    agent.step();
    Files.delete(folder.resolve("networks/old.properties"));
    objects.networks.remove("old");
    objects.network("home", 51900);
    agent.restart();
    agent.step();
    assertThat(stateFiles())
        .containsExactlyInAnyOrder(
            "home.properties", "home.mesh.json", "home.keys.json", "home.endpoints.json");
  }

  @Test
  void laterChangesAreKeptWhenTheDiskHadSomeRest() {
    objects.network("home", 51900);
    agent.step();
    objects.peer("home", "laptop", 1);
    agent.step();
    assertThat(agent.store.load().getFirst().peers()).isEmpty();
    world.pass(Duration.ofSeconds(5));
    agent.step();
    assertThat(agent.store.load().getFirst().peers()).hasSize(1);
  }

  @Test
  void lastStateIsKeptWhenTheAgentEnds() throws InterruptedException {
    objects.network("home", 51900);
    agent.step();
    objects.peer("home", "laptop", 1);
    agent.step();
    assertThat(agent.store.load().getFirst().peers()).isEmpty();
    agent.loop().start();
    agent.loop().close();
    assertThat(agent.store.load().getFirst().peers()).hasSize(1);
  }

  @Test
  void peersAreDialledWhereTheyWereLastHeardFrom() {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    agent.step();
    heardFrom("laptop", "198.51.100.7");
    heardFrom("node-b", "198.51.100.8");
    world.pass(Duration.ofSeconds(6));
    agent.step();
    restartWithoutApi();

    assertThat(agent.hint("laptop")).isEqualTo("198.51.100.7:4711");
    assertThat(agent.hint("node-b")).isEqualTo("198.51.100.8:4711");
    assertThat(world.touched())
        .contains("dial " + key("laptop"), "dial " + key("node-b"))
        .doesNotContain("set peer " + key("laptop"));
  }

  @Test
  void silentPeerIsDialledAtItsConfiguredEndpoint() {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    agent.step();
    heardFrom("laptop", "198.51.100.7");
    heardFrom("node-b", "198.51.100.8");
    world.pass(Duration.ofSeconds(6));
    agent.step();
    restartWithoutApi();
    world.touched();
    world.pass(Duration.ofSeconds(14));
    agent.step();
    assertThat(world.touched()).isEmpty();
    world.pass(Duration.ofSeconds(6));
    agent.step();
    assertThat(world.touched())
        .containsExactlyInAnyOrder("set peer " + key("node-b"), "set peer " + key("laptop"));
    assertThat(agent.hint("node-b")).isEqualTo("172.31.0.2:51900");
    assertThat(agent.hint("laptop")).isNull();
  }

  @Test
  void configuredEndpointOfAPeerThatAnswersAtTheLearnedOneIsRemembered() {
    objects.network("home", 51900);
    agent.step();
    heardFrom("node-b", "198.51.100.8");
    world.pass(Duration.ofSeconds(6));
    agent.step();
    restartWithoutApi();
    heardFrom("node-b", "198.51.100.8");
    world.pass(Duration.ofSeconds(20));
    agent.step();
    assertThat(agent.hint("node-b")).isEqualTo("172.31.0.2:51900");
  }

  @Test
  void damagedStateIsAsIfThereWereNone() throws IOException {
    objects.network("home", 51900);
    agent.step();
    Files.writeString(folder.resolve("networks/home.mesh.json"), "{\"version\": 1, \"netw");
    restartWithoutApi();
    assertThat(world.touched()).isEmpty();
    assertThat(agent.loop().isReady()).isFalse();
  }

  private void restartWithoutApi() {
    world.touched();
    objects.synced = false;
    objects.changed();
    agent.restart();
    agent.step();
  }

  private void heardFrom(String peer, String address) {
    var device = agent.device();
    device.handshakes.put(key(peer), world.now());
    device.endpoints.put(key(peer), UdpEndpoint.of(IpAddress.parse(address), 4711));
  }

  private List<String> stateFiles() throws IOException {
    try (var files = Files.list(folder.resolve("networks"))) {
      return files.map(file -> Objects.toString(file.getFileName())).toList();
    }
  }
}
