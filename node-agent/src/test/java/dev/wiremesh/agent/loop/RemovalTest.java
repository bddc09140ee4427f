package dev.wiremesh.agent.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.agent.host.HostFootprint;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Removal of networks, and the cases in which nothing is removed. */
final class RemovalTest {
  private final LoopFixture agent;
  private final FakeWorld world;
  private final FakeObjects objects;

  RemovalTest(@TempDir Path folder) {
    agent = new LoopFixture(folder);
    world = agent.world;
    objects = agent.objects;
  }

  @Test
  void nothingIsDoneBeforeEverythingWasListedOnce() throws IOException {
    agent.footprints.save(new HostFootprint("old", "wg-old", 1, 2));
    agent.restart();
    objects.synced = false;
    objects.network("home", 51900);
    agent.step();
    assertThat(world.touched()).isEmpty();
    assertThat(agent.loop().isReady()).isFalse();
    assertThat(world.nodeReports).isEmpty();
  }

  @Test
  void deletedNetworkIsRemovedAndForgotten() {
    objects.network("home", 51900);
    agent.step();
    world.touched();
    objects.networks.remove("home");
    objects.changed();
    agent.step();
    assertThat(world.touched()).containsExactly("close wg-home", "remove wg-home");
    assertThat(agent.footprints.load()).isEmpty();
    assertThat(agent.loop().live()).isEmpty();
  }

  @Test
  void nodeThatLeavesANetworkCleansUp() {
    objects.network("home", 51900);
    agent.step();
    world.touched();
    objects.meshNodes.remove("home.node-a");
    objects.changed();
    agent.step();
    assertThat(world.touched()).containsExactly("close wg-home", "remove wg-home");
  }

  @Test
  void networkThatWasDeletedWhileNoAgentRanIsRemoved() throws IOException {
    agent.footprints.save(new HostFootprint("old", "wg-old", 1, 2));
    agent.restart();
    agent.step();
    assertThat(world.touched()).containsExactly("remove wg-old");
    assertThat(agent.footprints.load()).isEmpty();
  }

  @Test
  void endOfTheAgentRemovesNothing() throws InterruptedException {
    objects.network("home", 51900);
    agent.step();
    world.touched();
    agent.loop().start();
    agent.loop().close();
    assertThat(world.touched()).containsExactly("close wg-home");
    assertThat(agent.footprints.load()).hasSize(1);
  }
}
